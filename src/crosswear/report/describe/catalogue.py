"""All datasets as one page of Markdown, from their declarations alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from crosswear.datasets.own.layout import KEYS
from crosswear.datasets.spec import DatasetSpec

COMMAND = "crosswear data list --markdown > docs/datasets.md"
"""What makes the page of this repository."""

_HEAD = f"""\
<!-- Made from the declarations in src/crosswear/datasets. Do not edit; run:
     {COMMAND}
-->

# Datasets

Rate and unit are those of the files; every recording is read in g and resampled to one rate. A
reference names a dataset, and what of it to read if not the first: `dsads:placement=torso`,
`pamap2:variant=protocol12`, `dsads:placement=torso,sensors=accelerometer+gyroscope` (angular
velocity in rad/s beside acceleration). The files lie in `DATA/NAME/`, in folders around them, or in
the publisher's archive.
"""
_OWN = """\
## Your own recordings

A folder of CSV or Parquet files with a `dataset.toml` is a dataset as well; its reference is the
path of that file. `crosswear data new FOLDER` looks at the files and proposes it.
"""


def catalogue(specs: Iterable[DatasetSpec]) -> str:
    """The page: a table of all datasets, a section for each, and the keys of `dataset.toml`."""
    specs = list(specs)
    overview = _table(
        ["dataset", "", "people", "classes", "Hz", "unit", "placements", "licence"],
        [
            [
                f"[`{spec.name}`](#{spec.name})",
                _text(spec.title),
                str(spec.subjects),
                str(len(spec.variants[spec.default_options.variant])),
                f"{spec.rate_hz:g}",
                _text(spec.unit),
                str(len(spec.placements)),
                _text(spec.licence),
            ]
            for spec in specs
        ],
    )
    keys = _table(["key", "meaning"], [[f"`{key}`", _text(KEYS[key])] for key in KEYS])
    parts = [_HEAD, overview, *(part for spec in specs for part in _section(spec)), _OWN, keys]
    return "\n".join(parts)


def _section(spec: DatasetSpec) -> Iterator[str]:
    yield f"## {spec.name}\n"
    yield f"{_text(spec.title)}.\n"
    default = " (the default)" if len(spec.placements) > 1 else ""
    first, *others = (f"`{placement}`" for placement in spec.placements)
    facts = {
        "Whence": f"<{spec.home}>" if "://" in spec.home else _text(spec.home),
        "Licence": _text(spec.licence),
        "Citation": _text(spec.citation),
        "Archive": " or ".join(f"`{name}`" for name in spec.archives),
        "Fetched": f"`crosswear data fetch {spec.name} --data DATA`" if spec.downloads else "",
        "Files": ", ".join(f"`{pattern}`" for pattern in spec.patterns) or "none",
        "Columns": _text(spec.columns or ""),
        "Verified by": _verified_by(spec),
        "People": str(spec.subjects),
        "Rate": f"{spec.rate_hz:g} Hz",
        "Unit": _text(spec.unit),
        "Placements": ", ".join([first + default, *others]),
        "Sensors": _sensors(spec),
    }
    yield "".join(f"- **{name}:** {fact}\n" for name, fact in facts.items() if fact)
    yield _classes(spec)
    if spec.traps:
        yield "Known traps:\n"
        yield "".join(f"- {_text(trap)}\n" for trap in spec.traps)


def _sensors(spec: DatasetSpec) -> str:
    """What else than the accelerometer can be read, and how."""
    if len(spec.sensors) == 1:
        return ""
    return f"accelerometer; both with `{spec.name}:sensors={'+'.join(spec.sensors)}`"


def _verified_by(spec: DatasetSpec) -> str:
    """What `crosswear data verify` holds the files against."""
    hashed = sum(file.sha256 is not None for file in spec.files)
    sums = [f"the sha256 of {hashed} of {len(spec.files)} files"] * (hashed > 0)
    return "; ".join([*sums, *([_text(spec.counts.title)] if spec.counts else [])])


def _classes(spec: DatasetSpec) -> str:
    """Code and name of each class; where there are several class tables, which ones it is in."""
    rows = dict.fromkeys(row for table in spec.variants.values() for row in table)
    variants = list(spec.variants) if len(spec.variants) > 1 else []
    return _table(
        ["code", "class", *(f"`{variant}`" for variant in variants)],
        [
            [
                f"`{row.code}`",
                _text(row.name),
                *("yes" if row in spec.variants[variant] else "" for variant in variants),
            ]
            for row in rows
        ],
    )


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _text(text: str) -> str:
    for character in "\\*<|":
        text = text.replace(character, f"\\{character}")
    return text
