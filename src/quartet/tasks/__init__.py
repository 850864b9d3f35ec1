"""Batched tasks: the ground floor, which knows nothing of algorithms."""
