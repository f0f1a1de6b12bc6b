"""Access to AWS: clients, their transport, and the translation of their errors."""
