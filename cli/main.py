"""`gate`: what an operator types."""

import gc
import sys
from typing import Annotated

import typer

from cli.context import Context
from cli.doctor.command import doctor
from cli.errors import FAILED, CommandError
from cli.explain.command import explain
from cli.grants.commands import app as grants
from cli.revoke.command import revoke
from cli.rotate_key import rotate_key
from gate.log import logger

app = typer.Typer(
    help="Look after a Notebook Gate: who may open what, why somebody can't, and whether all is well.",
    epilog="Exit codes: 0 done; 1 failed, and says why; 2 typed wrong; 3 worked, but the answer is not the good one, "
    "or something is left to do.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(grants, name="grants")
app.command()(explain)
app.command()(doctor)
app.command()(revoke)
app.command()(rotate_key)


@app.callback()
def options(
    context: typer.Context,
    stack: Annotated[str | None, typer.Option(help="The stack's name; else the one in gate.toml here.")] = None,
    profile: Annotated[str | None, typer.Option(help="The AWS profile.")] = None,
    region: Annotated[str | None, typer.Option(help="The stack's AWS region.")] = None,
    local: Annotated[bool, typer.Option("--local", help="Work on the `make run` of this machine.")] = False,
) -> None:
    """Take the options that all commands have."""
    context.obj = Context(stack=stack, profile=profile, region=region, local=local)


def main() -> None:
    """Run the command; tell what can't be done in plain words."""
    level = logger.log_level
    # The function's modules log to standard output, which `--json` reserves for its one document.
    logger.setLevel("CRITICAL")
    # A command ends soon, and makes rows by the hundred thousand: looking for garbage takes half of that time.
    collects = gc.isenabled()
    gc.disable()
    try:
        app()
    except CommandError as error:
        sys.stderr.write(f"{error}\n")
        sys.exit(FAILED)
    except KeyboardInterrupt:
        sys.stderr.write("Interrupted. What was done is done; type it again to go on.\n")
        sys.exit(FAILED)
    finally:
        logger.setLevel(level)
        if collects:
            gc.enable()


if __name__ == "__main__":
    main()
