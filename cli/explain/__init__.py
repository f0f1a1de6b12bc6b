"""`gate explain`: which check denies a caller access to a notebook."""
