"""The command line: parse, call, print. Exit codes are those of `crosswear.core.errors`.

Commands import what they need when they are called: `crosswear --help` waits for no library.

0 done; 1 some cells failed; 2 wrong usage; 3 to 16 bad input or environment, one number for each
kind of error; 130 interrupted.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import crosswear
import crosswear.cli.study_report  # registers its commands
from crosswear.cli.adapt import adapt
from crosswear.cli.data import data_app
from crosswear.cli.encoder import encoder_app
from crosswear.cli.export import export
from crosswear.cli.model import model_app
from crosswear.cli.output import log_printed, print_error
from crosswear.cli.predict import predict
from crosswear.cli.pretrain import pretrain
from crosswear.cli.recommend import recommend
from crosswear.cli.study import study_app
from crosswear.core.errors import CrosswearError

app = typer.Typer(
    name="crosswear",
    help="How much of what a network learned on someone else's movement data can you keep?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(data_app)
app.add_typer(encoder_app)
app.add_typer(model_app)
app.add_typer(study_app)
app.command()(predict)
app.command()(export)
app.command()(recommend)
app.command()(adapt)
app.command()(pretrain)


@app.callback(invoke_without_command=True)
def options(
    context: typer.Context,
    show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[bool, typer.Option(help="Show tracebacks.")] = False,
) -> None:
    """Take the options that come before a command."""
    context.obj = debug
    context.with_resource(log_printed())
    if show_version:
        typer.echo(crosswear.__version__)
        raise typer.Exit


def main() -> None:
    """All commands: a `CrosswearError` becomes four lines and its exit code, never a traceback."""
    debug = "--debug" in sys.argv
    try:
        app()
    except CrosswearError as error:
        if debug:
            raise
        print_error(error)
        sys.exit(error.exit_code)
