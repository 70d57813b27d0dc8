"""mHealth (UCI 319): twelve activities with sensors on chest, right wrist and left ankle.

Source: the publisher's README; not checked on the published files.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import NO_LABEL, STANDARD_GRAVITY, Recording
from crosswear.datasets.part_reader import Names, PartFindings, PartReader
from crosswear.datasets.published_text import place, read_numbers
from crosswear.datasets.quantities import to_g
from crosswear.datasets.spec import (
    ActivityClass,
    DatasetSpec,
    PublishedFile,
    ReadOptions,
    from_uci,
    three_from,
)
from crosswear.datasets.text_layout import TextLayout
from crosswear.datasets.tree import FileTree, require

PATTERNS = ("mHealth_subject*.log",)
FILES = tuple(f"mHealth_subject{number}.log" for number in range(1, 11))
LAYOUT = TextLayout(columns=24, separator="\t")
FIRST_COLUMN = {"right_wrist": 14, "chest": 0, "left_ankle": 5}
LABEL, NULL_CODE = 23, 0
CLASSES = tuple(
    ActivityClass(str(code), name)
    for code, name in enumerate(
        (
            "standing still",
            "sitting and relaxing",
            "lying down",
            "walking",
            "climbing stairs",
            "bending the waist forward",
            "raising the arms in front",
            "bending the knees",
            "cycling",
            "jogging",
            "running",
            "jumping to front and back",
        ),
        start=1,
    )
)
TRAPS = (
    "What the README calls the right lower arm is a sensor strapped to the right wrist.",
    "The README counts column 13 twice: the left ankle's magnetometer is in columns 12 to 14, and "
    "the right wrist's acceleration in columns 15 to 17.",
    "Most samples are of no activity (code 0).",
    "Copies of the dataset as one CSV file with a header are not read.",
)


def read(
    tree: FileTree, options: ReadOptions, names: Names, _found: PartFindings
) -> Iterator[Recording]:
    """Yield one recording for each subject."""
    first = FIRST_COLUMN[options.placement]
    for name in names:
        if name not in FILES:
            raise DataFormatError(
                "no such subject",
                where=tree.where(name),
                expected="mHealth_subject1.log to mHealth_subject10.log",
                todo="take the file away, or rename it as the publisher does",
            )
        values = read_numbers(tree, name, LAYOUT, (*range(first, first + 3), LABEL))
        codes = values[:, 3]
        wrong = np.flatnonzero(~np.isin(codes, range(NULL_CODE, len(CLASSES) + 1)))
        if len(wrong):
            raise DataFormatError(
                f"{codes[wrong[0]]:g} is not a class",
                where=place(tree, name, LAYOUT, int(wrong[0]), LABEL),
                expected=f"a whole number from {NULL_CODE} to {len(CLASSES)}",
                todo="fetch the file again",
            )
        labels = codes.astype(np.int16) - 1
        labels[codes == NULL_CODE] = NO_LABEL
        yield Recording(
            acceleration=to_g(values[:, :3], STANDARD_GRAVITY, tree.where(name)),
            rate_hz=SPEC.rate_hz,
            labels=labels,
            subject=name.rpartition("_")[2].removesuffix(".log"),
            session="all",
            placement=options.placement,
        )


def _missing(_: FileTree, names: Names) -> Iterator[str]:
    if len(names) < SPEC.subjects:
        yield f"{len(names)} of {SPEC.subjects} subjects were found."


SPEC = DatasetSpec(
    name="mhealth",
    title="mHealth: body motion of ten people during twelve activities",
    licence="CC BY 4.0",
    citation="O. Banos, R. Garcia, J. A. Holgado-Terriza, M. Damas, H. Pomares, I. Rojas, A. Saez, "
    "C. Villalonga: mHealthDroid: A Novel Framework for Agile Development of Mobile Health "
    "Applications. IWAAL 2014.",
    home="https://archive.ics.uci.edu/dataset/319/mhealth+dataset",
    rate_hz=50.0,
    unit="m/s²",
    subjects=10,
    placements=tuple(FIRST_COLUMN),
    variants={"default": CLASSES},
    patterns=PATTERNS,
    read=PartReader(partial(require, patterns=PATTERNS), read, PartFindings, _missing),
    columns=f"{LABEL + 1} activity, {three_from(FIRST_COLUMN)}",
    files=tuple(PublishedFile(path) for path in FILES),
    archives=("mhealth+dataset.zip",),
    folders=("MHEALTHDATASET",),
    downloads=(from_uci(319, "mhealth+dataset.zip"),),
    traps=TRAPS,
)
