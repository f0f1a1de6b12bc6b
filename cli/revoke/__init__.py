"""`gate revoke`: ends a person's access, including notebooks that are open."""
