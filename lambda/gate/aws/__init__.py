"""AWS: its clients, how they send, and its errors in the gate's own words."""
