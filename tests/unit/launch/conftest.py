"""Fixtures of the tests of launches."""

from tests.unit.launch.studio_domain import studio

__all__ = ["studio"]
