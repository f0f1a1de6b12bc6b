"""AWS on this machine: moto behind a server that checks every call against the synthesised policies."""
