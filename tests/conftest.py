"""For all tests."""

from hypothesis import settings

# How long a case takes depends on what else this machine does; what is fast, bench/ says. The same cases each time, so
# that a change is judged by what it changes; for new ones there is `make fuzz`.
settings.register_profile("gate", deadline=None, derandomize=True)
settings.load_profile("gate")
