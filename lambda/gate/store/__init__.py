"""The grants table: grants, and what else is kept beside them."""
