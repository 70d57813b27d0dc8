"""JSI-FOS in a neutral layout: the publisher's own is not known to us.

The owner of the recordings writes them as one CSV file a person, ``jsi-fos/subject….csv``,
with the columns ``subject,session,time_s,x_g,y_g,z_g,activity``, and beside them a
``jsi-fos/dataset.toml`` as of any recordings of one's own (`crosswear.datasets.own.layout`), whose
classes are named as in this dataset's table::

    title = "JSI-FOS"
    files = ["subject*.csv"]
    rate_hz = 50.0
    unit = "g"
    placement = "wrist"
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
    lies = "lying"
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import NO_LABEL, Recording
from crosswear.core.texts import Note
from crosswear.datasets import own
from crosswear.datasets.own.layout import Layout, parse_layout
from crosswear.datasets.spec import ActivityClass, DatasetSpec, ReadOptions
from crosswear.datasets.tree import FileTree, reading, require

FOLDER = "jsi-fos"
TABLES = "subject*.csv"
PATTERNS = (f"{FOLDER}/dataset.toml", f"{FOLDER}/{TABLES}")
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
TRAPS = (
    "The publisher's page and files are not available to us: what is read here is a layout of our "
    "own, which you write from the recordings if you have them.",
    "That there are eight classes is stated by the study; which ones they are is recalled, and is "
    "to be corrected by whoever has the recordings.",
    "Rate, unit, placement and the words for the classes are those of dataset.toml; the rate of "
    "50 Hz and the unit of g in this declaration are not the publisher's.",
)


def read(tree: FileTree, options: ReadOptions, note: Note) -> Iterator[Recording]:
    """Yield one recording for every session of every person; rate and placement are the TOML's."""
    names = require(tree, PATTERNS)
    layout = _layout(tree)
    tables = [name for name in names if name != PATTERNS[0]]
    if len(tables) < SPEC.subjects:
        note(f"{len(tables)} of {SPEC.subjects} subjects are there.")
    known = [activity.name for activity in CLASSES]
    label_of = [known.index(row.name) for row in layout.class_table]
    labels = np.array([*label_of, NO_LABEL], np.int16)  # NO_LABEL takes the last one
    for recording in own.read(layout, tree, options, note):
        yield replace(recording, labels=labels[recording.labels])


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
    known = [activity.name for activity in CLASSES]
    other = [row for row in layout.class_table if row.name not in known]
    if other:
        raise DataFormatError(
            f"{other[0].name!r} is not a class of JSI-FOS",
            where=f"{where}: classes.{other[0].code}",
            expected=f"one of {', '.join(known)}",
            todo="correct the name, or name the code in null",
        )
    if layout.files != (TABLES,) or layout.path is not None:
        raise DataFormatError(
            f"files = {list(layout.files)}" + (", and path" if layout.path else ""),
            where=f"{where}: files",
            expected=f"files = [{TABLES!r}], and no path",
            todo="correct it, and rename the recordings",
        )
    return replace(layout, files=PATTERNS[1:])


SPEC = DatasetSpec(
    name="jsi_fos",
    title="JSI-FOS, in a neutral layout (the publisher's own layout is not known to us)",
    licence="not known to us",
    citation="M. Gjoreski, S. Kalabakov, M. Luštrek, M. Gams, H. Gjoreski: Cross-dataset deep "
    "transfer learning for activity recognition. UbiComp/ISWC 2019 Adjunct.",
    home="not known to us",
    rate_hz=50.0,
    unit="g",
    subjects=10,
    placements=("wrist",),
    variants={"default": CLASSES},
    patterns=PATTERNS,
    read=read,
    columns="those that dataset.toml names",
    traps=TRAPS,
)
