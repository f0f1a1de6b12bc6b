"""How fast it is, beside what a user would write instead."""
