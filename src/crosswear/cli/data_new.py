"""`crosswear data new`: from a folder of files to a `dataset.toml`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crosswear.cli.options import AsJson
from crosswear.cli.output import print_json, print_note, print_table
from crosswear.core.errors import DiskError, UsageError
from crosswear.core.texts import counted

if TYPE_CHECKING:
    from crosswear.datasets.propose import Tried
    from crosswear.datasets.propose.proposal import Guess, Proposal


def new(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder of recordings.")],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="KEY=VALUE",
            help="Answer for a key of dataset.toml, e.g. placement=right_wrist; repeatable.",
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write FILE (.toml) instead of DIR/dataset.toml."),
    ] = None,
    force: Annotated[bool, typer.Option(help="Write over an existing dataset.toml.")] = False,
    as_json: AsJson = False,
) -> None:
    """Look at own recordings, explain what was found, ask the rest, write dataset.toml."""
    from crosswear.core.files import expect_writable
    from crosswear.datasets.own.layout import FILE_NAME
    from crosswear.datasets.propose import (
        parse_answer,
        propose,
        refuse_to_overwrite,
        try_out,
        write_proposal,
    )

    path = folder / FILE_NAME if out is None else out
    if path.suffix != ".toml":
        raise UsageError(
            "this is no name of a TOML file", where=str(path), expected="a name that ends in .toml"
        )
    refuse_to_overwrite(path, force)
    try:
        expect_writable(path)
    except DiskError as error:
        if out is not None:
            raise
        raise DiskError(
            error.what,
            where=error.where,
            expected=error.expected,
            todo="let --out FILE name a place elsewhere",
        ) from error
    answers = dict(parse_answer(text) for text in settings or ())
    if path.resolve().parent != folder.resolve():
        answers["root"] = str(folder.resolve())
    proposal = propose(folder, answers)
    while proposal.questions and _is_terminal() and not as_json:
        _explain(proposal)
        question = proposal.questions[0]
        text = _answer(f"{question.text}\n{question.key}", question.likely or None)
        try:
            key, value = parse_answer(text, question.key)
        except UsageError as error:
            typer.echo(str(error), err=True)
            continue
        answers[key] = value
        proposal = propose(folder, answers)
    tried = None if proposal.questions else try_out(proposal)
    if as_json:
        print_json(_as_json(proposal, tried))
    else:
        _explain(proposal)
        for asked in proposal.questions:
            typer.echo(f"? {asked.key}: {asked.text}")
        if tried is not None:
            _report(tried)
    write_proposal(proposal, force, path)
    if not as_json:
        typer.echo(f"wrote {path}")


def _answer(text: str, likely: str | None) -> str:
    """Ask on the terminal; Enter takes the likely answer."""
    try:
        return str(typer.prompt(text, default=likely))
    except typer.Abort as end:
        raise KeyboardInterrupt from end


def _explain(proposal: Proposal) -> None:
    rows = [
        [guess.key, _shown(guess.value), guess.because, _next_best(guess)]
        for guess in proposal.guesses
    ]
    print_table("Proposed dataset.toml", ["key", "value", "because", "next best"], rows)
    for sentence in proposal.notes:
        print_note(sentence)


def _report(tried: Tried) -> None:
    read = counted(tried.recordings, "recording")
    people = counted(len(tried.subjects), "person", "people")
    rows = [[name, f"{minutes:.1f}"] for name, minutes in tried.minutes.items()]
    typer.echo(f"It reads {read} of {people}")
    print_table("Labelled", ["class", "minutes"], rows)
    for sentence in tried.notes:
        print_note(sentence)


def _next_best(guess: Guess) -> str:
    second = guess.runner_up
    return "" if second is None else f"{_shown(second.value)}: {second.apart}"


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(
            str(key) if key == name else f"{key}: {name}" for key, name in value.items()
        )
    if isinstance(value, list):
        return ", ".join(map(repr, value))
    # A tab or a space would not be seen.
    return str(value) if str(value).strip() == str(value) else repr(value)


def _as_json(proposal: Proposal, tried: Tried | None) -> dict[str, Any]:
    return {
        "folder": str(proposal.folder),
        "guesses": proposal.guesses,
        "questions": proposal.questions,
        "notes": proposal.notes,
        "toml": proposal.toml(),
        "reads": tried,
    }


def _is_terminal() -> bool:
    return sys.stdin.isatty()
