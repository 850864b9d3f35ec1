"""Rollouts, scores and statistics."""
