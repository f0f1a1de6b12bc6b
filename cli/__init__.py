"""`gate`, the command line for operators."""
