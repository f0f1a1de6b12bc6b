"""What the function works with: callers, notebooks, grants, errors. Nothing here calls a service."""
