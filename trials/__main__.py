"""`python -m trials faults`, `rush` or `fuzz`: runs one trial in full, and writes what came of it."""

import sys

from trials import faults_report, rush_report

TRIALS = {"faults": faults_report.run, "rush": rush_report.run}


def main() -> int:
    """Run the trial that is named; return how many things went wrong, for the exit code."""
    if len(sys.argv) != 2 or sys.argv[1] not in TRIALS:
        print(f"say which: python -m trials {', '.join(TRIALS)}", file=sys.stderr)  # noqa: T201
        return 2
    return min(1, TRIALS[sys.argv[1]]())


if __name__ == "__main__":
    sys.exit(main())
