"""A page of Markdown on all datasets, from their declarations alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from crosswear.core.markdown import escaped, table
from crosswear.datasets.own.layout import KEYS
from crosswear.datasets.spec import DatasetSpec

COMMAND = "crosswear data list --markdown > docs/datasets.md"
"""Writes the page of this repository."""

_HEAD = f"""\
<!-- Made from the declarations in src/crosswear/datasets. Do not edit; run:
     {COMMAND}
-->

# Datasets

The datasets that crosswear reads, with their licences, classes and known pitfalls.

Rate and unit are those of the files; every recording is read in g and resampled to one rate. A
reference names a dataset, and what of it to read if not the first: `dsads:placement=torso`,
`pamap2:variant=protocol12`, `dsads:placement=torso,sensors=accelerometer+gyroscope` (angular
velocity in rad/s beside acceleration). The files lie in `DATA/NAME/`, in folders around them, or in
the publisher's archive. Folders with the publishers' own names are found in `DATA` as well, as
unpacking an archive there leaves them; `DATA/NAME/` takes precedence.
"""
_OWN = """\
## Your own recordings

A folder of CSV, Parquet or [device](own-data.md#files-of-devices-and-apps) files with a
`dataset.toml` is a dataset as well; its reference is the path of that file. `crosswear data new
FOLDER` looks at the files and proposes it. [Labels](own-data.md#labels-beside-the-recordings) may
lie in files of their own.
"""
_NEXT = """\
Next: [your recordings to a model](own-data.md), or [add a dataset](examples/dataset.md).
"""


def catalogue(specs: Iterable[DatasetSpec]) -> str:
    """Return the page: a table of all datasets, a section for each, the keys of `dataset.toml`."""
    specs = list(specs)
    overview = table(
        ["dataset", "", "people", "classes", "Hz", "unit", "placements", "licence"],
        [
            [
                f"[`{spec.name}`](#{spec.name})",
                escaped(spec.title),
                str(spec.subjects),
                str(len(spec.variants[spec.default_options.variant])),
                f"{spec.rate_hz:g}",
                escaped(spec.unit),
                str(len(spec.placements)),
                escaped(spec.licence),
            ]
            for spec in specs
        ],
        names=8,
    )
    keys = table(["key", "meaning"], [[f"`{key}`", escaped(KEYS[key])] for key in KEYS], names=2)
    sections = (part for spec in specs for part in _section(spec))
    return "\n".join([_HEAD, f"{overview}\n", *sections, _OWN, f"{keys}\n", _NEXT])


def _section(spec: DatasetSpec) -> Iterator[str]:
    yield f"## {spec.name}\n"
    yield f"{escaped(spec.title)}.\n"
    default = " (the default)" if len(spec.placements) > 1 else ""
    first, *others = (f"`{placement}`" for placement in spec.placements)
    facts = {
        "Source": f"<{spec.home}>" if "://" in spec.home else escaped(spec.home),
        "Licence": escaped(spec.licence),
        "Citation": escaped(spec.citation),
        "Archive": " or ".join(f"`{name}`" for name in spec.archives),
        "Folder": " or ".join(f"`DATA/{name}`" for name in (spec.name, *spec.folders))
        if spec.folders
        else "",
        "Download": f"`crosswear data fetch {spec.name} --data DATA`" if spec.downloads else "",
        "Files": ", ".join(f"`{pattern}`" for pattern in spec.patterns) or "none",
        "Columns": escaped(spec.columns or ""),
        "Verified by": _verified_by(spec),
        "People": str(spec.subjects),
        "Rate": f"{spec.rate_hz:g} Hz{_other_rates(spec)}",
        "Unit": escaped(spec.unit),
        "Placements": ", ".join([first + default, *others]),
        "Sensors": _sensors(spec),
    }
    yield "".join(f"- **{name}:** {fact}\n" for name, fact in facts.items() if fact)
    yield f"{_classes(spec)}\n"
    if spec.details:
        yield spec.details
    if spec.traps:
        yield "Known pitfalls:\n"
        yield "".join(f"- {escaped(trap)}\n" for trap in spec.traps)


def _other_rates(spec: DatasetSpec) -> str:
    """Return the rates of the recordings that have another one."""
    if not spec.other_rates_hz:
        return ""
    return f"; some recordings {' or '.join(f'{rate:g}' for rate in spec.other_rates_hz)} Hz"


def _sensors(spec: DatasetSpec) -> str:
    """Return the sensors beside the accelerometer, and how to ask for them."""
    if len(spec.sensors) == 1:
        return ""
    return f"accelerometer; both with `{spec.name}:sensors={'+'.join(spec.sensors)}`"


def _verified_by(spec: DatasetSpec) -> str:
    """Return what `crosswear data verify` compares the files with."""
    hashed = sum(file.sha256 is not None for file in spec.files)
    sums = [f"the sha256 of {hashed} of {len(spec.files)} files"] * (hashed > 0)
    sums += ["the sha256 of the archive, on download"] * any(one.sha256 for one in spec.downloads)
    found = [*sums, *([escaped(spec.counts.title)] if spec.counts else [])]
    nothing = "reading all files; no checksums are known" if spec.patterns else ""
    return "; ".join(found) or nothing


def _classes(spec: DatasetSpec) -> str:
    """Return code and name of each class; with several class tables, also the tables it is in."""
    rows = dict.fromkeys(row for table in spec.variants.values() for row in table)
    variants = list(spec.variants) if len(spec.variants) > 1 else []
    return table(
        ["code", "class", *(f"`{variant}`" for variant in variants)],
        [
            [
                f"`{row.code}`",
                escaped(row.name),
                *("yes" if row in spec.variants[variant] else "" for variant in variants),
            ]
            for row in rows
        ],
        names=2 + len(variants),
    )
