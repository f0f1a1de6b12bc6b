"""The tables of the reference in `docs/`, made from the code: `make reference` writes them."""
