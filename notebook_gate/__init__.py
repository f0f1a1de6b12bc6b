"""Notebook Gate in a CDK app of your own, and the entry point of `gate`.

The wheel contains this package alone. scripts/wheel.py puts `infra`, `cli` and `gate` below it.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from infra.gate import NotebookGate
    from infra.placement import PlacementError
    from infra.remote import LaunchRoleStack
    from infra.settings import Settings
    from infra.settings_errors import SettingsError

__all__ = ["LaunchRoleStack", "NotebookGate", "PlacementError", "Settings", "SettingsError"]


def __getattr__(name: str) -> Any:
    # Here, since CDK takes seconds to load, and `gate` does not need it.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from infra.gate import NotebookGate
    from infra.placement import PlacementError
    from infra.remote import LaunchRoleStack
    from infra.settings import Settings
    from infra.settings_errors import SettingsError

    exported = (LaunchRoleStack, NotebookGate, PlacementError, Settings, SettingsError)
    return next(each for each in exported if each.__name__ == name)


def main() -> None:
    """Run `gate`, the operators' command line."""
    from cli.main import main as run

    run()
