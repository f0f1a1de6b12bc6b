"""What the gate is put through: neighbours that fail, floods, and hostile input."""
