"""For all tests."""

from hypothesis import settings

# How long a case takes depends on what else this machine does; what is fast, bench/ says.
settings.register_profile("gate", deadline=None)
settings.load_profile("gate")
