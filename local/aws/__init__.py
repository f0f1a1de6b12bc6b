"""AWS on this machine: moto behind a door that asks the synthesised policies about every call."""
