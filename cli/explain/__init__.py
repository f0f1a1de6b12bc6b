"""`gate explain`: whether a caller gets into a notebook, and why not."""
