"""The subcommands of `gate grants`."""

import typer

from cli.grants.file_commands import apply, export, plan
from cli.grants.row_commands import give, list_grants, take
from cli.grants.unused import unused

app = typer.Typer(help="Plan, apply, export, list, give and take grants, and find unused ones.", no_args_is_help=True)
app.command()(plan)
app.command()(apply)
app.command()(export)
app.command("list")(list_grants)
app.command()(give)
app.command()(take)
app.command()(unused)
