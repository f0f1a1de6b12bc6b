"""Notebook Gate's function: from a caller's identity to one redirect into their notebook."""
