"""Access requests: a person asks for a notebook, an approver decides, and a grant with an end is written."""
