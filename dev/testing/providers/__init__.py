"""Identity providers of other projects, and a browser that signs in at them."""
