"""`gate`: the entry point, its commands and its options."""

import gc
import sys
from typing import Annotated

import typer

from cli.context import Context
from cli.doctor.command import doctor
from cli.errors import EXIT_FAILED, CommandError
from cli.explain.command import explain
from cli.global_options import GateGroup, with_options
from cli.grants.commands import app as grants
from cli.requests.commands import app as requests
from cli.revoke.command import revoke
from cli.rotate_key import rotate_key
from gate.platform.log import logger
from gate.values.version import VERSION

app = typer.Typer(
    help="Operate a Notebook Gate: manage grants and access requests, explain and revoke access, and check the "
    "deployment.",
    epilog="Exit codes: 0 success; 1 failure, with the reason; 2 usage error; 3 completed with a negative result, "
    "or with work left to do.",
    cls=GateGroup,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(grants, name="grants")
app.add_typer(requests, name="requests")
app.command()(explain)
app.command()(doctor)
app.command()(revoke)
app.command()(rotate_key)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(f"gate {VERSION}")
        raise typer.Exit


@app.callback()
def options(
    context: typer.Context,
    stack: Annotated[
        str | None, typer.Option(help="The stack's name, by default the one in gate.toml in this folder.")
    ] = None,
    profile: Annotated[str | None, typer.Option(help="The AWS profile to use.")] = None,
    region: Annotated[str | None, typer.Option(help="The AWS region of the stack.")] = None,
    local: Annotated[
        bool, typer.Option("--local", help="Use the deployment that `make run` runs on this machine.")
    ] = False,
    table: Annotated[
        str | None,
        typer.Option(
            help="A grants table without a stack, such as one that an earlier stack left: to list and export."
        ),
    ] = None,
    _version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the release and exit.")
    ] = False,
) -> None:
    """Keep the options for the command."""
    given = {"stack": stack, "profile": profile, "region": region, "local": local, "table": table}
    context.obj = with_options(context, Context(), **given)


def main() -> None:
    """Run the command. A failure is printed without a traceback."""
    level = logger.log_level
    # The function's modules log to standard output, which `--json` reserves for its document.
    logger.setLevel("CRITICAL")
    # Garbage collection takes half of the time of a command that handles a hundred thousand rows, and frees little.
    gc_was_enabled = gc.isenabled()
    gc.disable()
    try:
        app()
    except CommandError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(EXIT_FAILED)
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted. Changes made so far are kept; run the command again to continue.\n")
        sys.exit(EXIT_FAILED)
    finally:
        logger.setLevel(level)
        if gc_was_enabled:
            gc.enable()


if __name__ == "__main__":
    main()
