"""`crosswear predict`: recognise activities in recordings with a bundle."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crosswear.cli.options import AsJson, BundleFolder
from crosswear.cli.output import print_json, print_table
from crosswear.core.errors import UsageError

if TYPE_CHECKING:
    from crosswear.deploy.recognise.recognised import Recognised


def predict(
    bundle: BundleFolder,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILES...", help="CSV, Parquet or device files, or folders with a dataset.toml."
        ),
    ],
    out: Annotated[Path, typer.Option(help="CSV file to write; a PNG goes next to it.")],
    rate: Annotated[
        float | None,
        typer.Option(
            min=0.001, max=100_000, help="Sampling rate in Hz, if the files do not state it."
        ),
    ] = None,
    unit: Annotated[
        str | None,
        typer.Option(help="g, mg, m/s2, or how many counts are one g: one number, or x,y,z."),
    ] = None,
    zero: Annotated[
        str | None, typer.Option(help="What the axes read at 0 g: one number, or x,y,z.")
    ] = None,
    columns: Annotated[
        str | None,
        typer.Option(help="Columns of x, y, z and maybe time: names, or numbers from 0: x,y,z,t"),
    ] = None,
    rows: Annotated[
        list[str] | None,
        typer.Option(
            metavar="COLUMN=VALUE",
            help="Read only rows with this value, where sensors are mixed; repeatable. Or: all.",
        ),
    ] = None,
    layout: Annotated[
        Path | None, typer.Option(help="A dataset.toml that describes the files.")
    ] = None,
    probabilities: Annotated[
        bool, typer.Option(help="Write the probability of every class, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Recognise activities in recordings of any rate and unit; write a timeline."""
    from crosswear.api.bundles import recognise
    from crosswear.deploy.recognise.inputs import Overrides
    from crosswear.deploy.recognise.timeline import MOST_PANELS

    at_zero = None if zero is None else _numbers(zero, "--zero")
    overrides = Overrides(_columns(columns), rate, _unit(unit), at_zero, _rows(rows))
    made = recognise(
        bundle, files, out, overrides=overrides, layout=layout, probabilities=probabilities
    )
    found, about = made.files, made.about
    if as_json:
        print_json([_summary(one, about.hop_s) for one in found])
        return
    _print(found, about.hop_s)
    more = f" (the first {MOST_PANELS} files)" if len(found) > MOST_PANELS else ""
    typer.echo(f"wrote {out} and {out.with_suffix('.png')}{more}")


def _columns(text: str | None) -> tuple[str | int, ...] | None:
    if text is None:
        return None
    names = [name.strip() for name in text.split(",")]
    if len(names) not in (3, 4) or not all(names) or len(set(names)) < len(names):
        raise UsageError(
            f"found {text!r}",
            where="--columns",
            expected="three different columns, or four: x,y,z,t",
        )
    return tuple(map(int, names)) if all(map(str.isdecimal, names)) else tuple(names)


def _rows(texts: Sequence[str] | None) -> dict[str | int, str] | None:
    if not texts:
        return None
    pairs = [text.partition("=") for text in texts if text != "all"]
    for column, equals, value in pairs:
        if not (column.strip() and equals and value.strip()):
            raise UsageError(
                f"found {column + equals + value!r}",
                where="--rows",
                expected="COLUMN=VALUE, or all",
            )
    return {
        int(column) if column.strip().isdecimal() else column.strip(): value.strip()
        for column, _, value in pairs
    }


def _unit(text: str | None) -> str | float | tuple[float, float, float] | None:
    from crosswear.tables.units import UNITS

    if text is None or text in UNITS:
        return text
    counts = _numbers(text, "--unit")
    if min(counts if isinstance(counts, tuple) else (counts,)) <= 0:
        raise UsageError(f"found {text!r}", where="--unit", expected=_EXPECTED["--unit"])
    return counts


_EXPECTED = {
    "--unit": "g, mg, m/s2, or how many counts are one g: one number, or three",
    "--zero": "what the axes read at 0 g: one number, or three",
}


def _numbers(text: str, where: str) -> float | tuple[float, float, float]:
    try:
        found = [float(part) for part in text.split(",")]
    except ValueError:
        found = []
    if len(found) not in (1, 3) or not all(map(math.isfinite, found)):
        raise UsageError(f"found {text!r}", where=where, expected=_EXPECTED[where])
    return (found[0], found[1], found[2]) if len(found) == 3 else found[0]


def _summary(one: Recognised, hop_s: float) -> dict[str, object]:
    counts = _counts(one)
    return {
        "file": one.file,
        "rate_hz": one.rate_hz,
        "unit": one.unit,
        "columns": one.columns,
        "windows": len(one.events),
        "unsure": sum(event.unsure for event in one.events),
        "minutes": {name: count * hop_s / 60 for name, count in counts.most_common()},
        "notes": one.notes,
    }


def _counts(one: Recognised) -> Counter[str]:
    return Counter(event.smoothed if event.worn else "(not worn)" for event in one.events)


def _print(found: Sequence[Recognised], hop_s: float) -> None:
    read = [
        [one.file, f"{one.rate_hz:g}", str(one.unit), ", ".join(map(str, one.columns))]
        for one in found
    ]
    print_table("Read as", ["file", "Hz", "unit", "columns"], read)
    rows = []
    for one in found:
        counts = _counts(one)
        unsure = sum(event.unsure for event in one.events)
        minutes = ", ".join(
            f"{name} {count * hop_s / 60:.1f}" for name, count in counts.most_common(6)
        )
        share = f"{unsure / len(one.events):.0%}" if one.events else ""
        rows.append([one.file, str(len(one.events)), share, minutes])
    print_table("Recognised", ["file", "windows", "unsure", "minutes (smoothed)"], rows)
