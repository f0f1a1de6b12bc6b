"""The notebook's side: what answers at a notebook instance's own address."""
