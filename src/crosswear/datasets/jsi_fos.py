"""JSI-FOS in a layout of this project: the publisher's own is not known.

The recordings are expected as one CSV file for each person, ``subject….csv``, and beside them a
``dataset.toml`` as of any own recordings (`crosswear.datasets.own.layout`). Classes, rate,
unit and placement are those of that file. `DETAILS` has an example.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import Recording
from crosswear.datasets.own import recordings as own
from crosswear.datasets.own.file_names import recording_names
from crosswear.datasets.own.layout import Layout, parse_layout
from crosswear.datasets.part_reader import Names, PartReader
from crosswear.datasets.spec import ActivityClass, DatasetSpec, ReadOptions
from crosswear.datasets.tree import FileTree, reading, require

TABLES = "subject*.csv"
PATTERNS = ("dataset.toml", TABLES)
OWN_LAYOUT = (
    "write the recordings in the layout of this project, with a dataset.toml: docs/datasets.md, "
    "section jsi_fos, has an example"
)
CLASSES = tuple(
    ActivityClass(name.replace(" ", "_"), name)
    for name in (
        "lying",
        "sitting",
        "standing",
        "walking",
        "running",
        "cycling",
        "kneeling",
        "being on all fours",
    )
)
"""Recalled, as an example: a domain has the classes of its dataset.toml."""
DETAILS = """\
The layout is this project's. The publisher's page and files are not available to it, so there is
no reader of the publisher's layout, and nothing to verify the files by. If you have the recordings,
write one CSV file for each person into `DATA/jsi_fos/`, for example `subject01.csv`:

```
subject,session,time_s,x_g,y_g,z_g,activity
01,1,0.00,0.012,-0.981,0.143,standing
01,1,0.02,0.015,-0.979,0.140,standing
01,1,0.04,0.013,-0.984,0.146,standing
01,1,0.06,0.094,-1.021,0.201,none
01,1,0.08,0.187,-1.106,0.233,walking
```

and beside them `dataset.toml`, with your own words for the activities on the left of `[classes]`:

```toml
title = "JSI-FOS"
files = ["subject*.csv"]
rate_hz = 50.0
unit = "g"
placement = "right_wrist"
time_unit = "s"
null = ["none"]

[columns]
subject = "subject"
session = "session"
time = "time_s"
x = "x_g"
y = "y_g"
z = "z_g"
label = "activity"

[classes]
lying = "lying"
sitting = "sitting"
standing = "standing"
walking = "walking"
running = "running"
cycling = "cycling"
kneeling = "kneeling"
"all fours" = "being on all fours"
```

Classes, rate, unit and placement are those of this file. Columns and keys are as in
[Your own recordings](#your-own-recordings); `files` stays as it is here.
"""
TRAPS = (
    "The layout is this project's, not the publisher's: you write it from the recordings.",
    "The study states that there are eight classes. Those of the table above are recalled; a "
    "domain has the classes of its dataset.toml.",
    "Rate, unit and placement are those of dataset.toml; the rate of 50 Hz and the unit of g in "
    "this declaration are not the publisher's.",
)


def read(
    tree: FileTree, options: ReadOptions, names: Names, found: own.OwnFindings
) -> Iterator[Recording]:
    """Yield one recording for every session of every person; rate and placement are the TOML's."""
    yield from own.read(_layout(tree), tree, options, names, found)


def _names(tree: FileTree) -> Names:
    require(tree, PATTERNS)
    return recording_names(_layout(tree), tree)


def _missing(tree: FileTree, names: Names) -> Iterator[str]:
    layout = _layout(tree)
    yield "The layout is this project's, not the publisher's: nothing verifies these files."
    if len(names) < SPEC.subjects:
        yield f"{len(names)} of {SPEC.subjects} subjects were found."
    if len(layout.class_table) != len(CLASSES):
        yield f"dataset.toml names {len(layout.class_table)} classes; the study has {len(CLASSES)}."


def _notes(tree: FileTree, options: ReadOptions, found: own.OwnFindings) -> Iterator[str]:
    yield from own.notes(_layout(tree), tree, options, found)


def completed(tree: FileTree) -> DatasetSpec:
    """Return the declaration with classes, rate, unit and placement of the dataset.toml."""
    layout = _layout(tree)
    return replace(
        SPEC,
        rate_hz=layout.rate_hz,
        unit=layout.unit if isinstance(layout.unit, str) else f"1/{layout.unit:g} g",
        placements=(layout.placement,),
        variants={"default": layout.class_table},
    )


def _layout(tree: FileTree) -> Layout:
    where = tree.where(PATTERNS[0])
    with reading(tree, PATTERNS[0]) as file:
        content = file.read()
    try:
        layout = parse_layout(content.decode("utf-8-sig"), where)
    except UnicodeDecodeError as error:
        raise DataFormatError(
            "not UTF-8", where=where, expected="TOML in UTF-8", todo="save it as UTF-8"
        ) from error
    if layout.files != (TABLES,) or layout.path is not None:
        raise DataFormatError(
            f"files = {list(layout.files)}" + (", and path" if layout.path else ""),
            where=f"{where}: files",
            expected=f"files = [{TABLES!r}], and no path",
            todo="correct it, and rename the recordings",
        )
    return layout


SPEC = DatasetSpec(
    name="jsi_fos",
    title="JSI-FOS, in a layout of this project (the publisher's is not known)",
    licence="not known",
    citation="M. Gjoreski, S. Kalabakov, M. Luštrek, M. Gams, H. Gjoreski: Cross-dataset deep "
    "transfer learning for activity recognition. UbiComp/ISWC 2019 Adjunct.",
    home="not known",
    rate_hz=50.0,
    unit="g",
    subjects=10,
    placements=("wrist",),
    variants={"default": CLASSES},
    patterns=PATTERNS,
    read=PartReader(_names, read, own.OwnFindings, _missing, _notes),
    columns="those that dataset.toml names",
    own_layout=OWN_LAYOUT,
    completed=completed,
    details=DETAILS,
    traps=TRAPS,
)
