"""`gate requests`: lists access requests, and decides on them."""
