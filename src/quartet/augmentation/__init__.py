"""Small datasets made larger (EAQ): subsets, copies, RAD's scalings, and episodes from a diffusion model."""
