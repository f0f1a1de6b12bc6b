"""`python -m trials faults` or `rush`: runs one trial in full and writes its results."""

import sys

from trials import faults_report, rush_report

TRIALS = {"faults": faults_report.run, "rush": rush_report.run}


def main() -> int:
    """Run the trial named on the command line; return the exit code, 1 if anything failed."""
    if len(sys.argv) != 2 or sys.argv[1] not in TRIALS:
        print(f"usage: python -m trials {{{','.join(TRIALS)}}}", file=sys.stderr)  # noqa: T201
        return 2
    return min(1, TRIALS[sys.argv[1]]())


if __name__ == "__main__":
    sys.exit(main())
