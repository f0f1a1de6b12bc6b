"""`python -m infra FILE`: prints the name of the gate's stack in a settings file, for `make deploy`."""

import sys
from pathlib import Path

from infra.settings import Settings
from infra.settings_errors import SettingsError

try:
    print(Settings.load(Path(sys.argv[1])).name)  # noqa: T201
except SettingsError as error:
    sys.exit(str(error))
