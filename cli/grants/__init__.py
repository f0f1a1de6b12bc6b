"""`gate grants`: reads, compares and writes grants."""
