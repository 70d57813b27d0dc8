"""Options and arguments that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeAlias

import typer

from crosswear.api.folders import CACHE_VARIABLE, DATA_VARIABLE
from crosswear.core.errors import UsageError

if TYPE_CHECKING:
    from crosswear.core.config import PreparationConfig


AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON.")]
DataFolder: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="FOLDER|URL",
        envvar=DATA_VARIABLE,
        help="Folder, or URL, with one folder of files per dataset.",
    ),
]
CacheFolder: TypeAlias = Annotated[
    Path,
    typer.Option("--cache", envvar=CACHE_VARIABLE, help="Folder of prepared domains."),
]
Workers: TypeAlias = Annotated[
    int | None, typer.Option(min=1, help="Processes; as many as processors without it.")
]
BundleFolder: TypeAlias = Annotated[
    Path, typer.Argument(metavar="BUNDLE", help="Folder of the model.")
]
Recordings: TypeAlias = Annotated[
    str,
    typer.Argument(metavar="RECORDINGS", help="A dataset, or the path of a dataset.toml."),
]
Sources: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--source",
        metavar="NAME",
        help="A dataset, the folder of a study or of an imported encoder, or auto: the datasets in "
        "--data up to 3 GB. Repeatable.",
        show_default="auto",
    ),
]
StudyFile: TypeAlias = Annotated[
    Path | None,
    typer.Argument(metavar="[STUDY.toml]", help="Without it, the quickstart on simulated domains."),
]
OutFolder: TypeAlias = Annotated[
    Path | None,
    typer.Option("--out", help="Folder of records and report.", show_default="runs/NAME"),
]
WindowLength: TypeAlias = Annotated[
    float,
    typer.Option("--window", help="Seconds of a window, shorter than the activities to recognise."),
]
Hop: TypeAlias = Annotated[
    float | None,
    typer.Option("--hop", help="Seconds between windows.", show_default="half a window"),
]

USUAL_WINDOW_S = 4.0


def preparation_of(window_s: float, hop_s: float | None) -> PreparationConfig:
    """Return the preparation with windows of this length, and with every class.

    Args:
        window_s: seconds of a window.
        hop_s: seconds between windows; half a window if None.

    Raises:
        UsageError: if the length or the hop is out of range.
    """
    import pydantic

    from crosswear.core.config import PreparationConfig
    from crosswear.core.validation import first_problem

    try:
        hop_s = window_s / 2 if hop_s is None else hop_s
        return PreparationConfig(window_s=window_s, hop_s=hop_s, min_subjects=1)
    except pydantic.ValidationError as error:
        problem = first_problem(error, "", UsageError, "")
        option = "--window" if problem.where.endswith("window_s") else "--hop"
        raise UsageError(problem.what, where=option, expected=problem.expected) from error
