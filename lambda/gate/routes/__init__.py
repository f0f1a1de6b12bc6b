"""The endpoints: each parses, makes one call, and answers."""
