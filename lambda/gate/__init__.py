"""Notebook Gate's Lambda function: redirects a caller whose identity is proven to a notebook."""
