"""`gate doctor`: checks a deployment."""
