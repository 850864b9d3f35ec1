"""Stacked networks: one lane per agent and seed, trained side by side."""
