"""The whole of Notebook Gate on one machine: the same function, with stand-ins for what surrounds it."""
