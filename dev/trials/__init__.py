"""Robustness trials: failing dependencies, rushes and hostile input."""
