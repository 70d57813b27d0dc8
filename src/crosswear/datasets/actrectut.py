"""Hand gestures of the activity recognition tutorial (ActRecTut).

Source: README and settings.m of the publisher's toolbox; what `TRAPS` says was measured on the
published files.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import NO_LABEL, Recording
from crosswear.datasets.matlab import read_matrices
from crosswear.datasets.part_reader import Names, PartFindings, PartReader
from crosswear.datasets.quantities import to_g
from crosswear.datasets.spec import (
    ActivityClass,
    DatasetSpec,
    ReadOptions,
    three_from,
)
from crosswear.datasets.tree import FileTree, require

PATTERNS = ("Data/subject[12]_gesture/data.mat",)
FIRST_COLUMN = {"right_hand": 0, "right_lower_arm": 5, "right_upper_arm": 10}
COLUMNS, MILLI_G = 15, 1000.0
NULL_CODE = 1
CLASSES = tuple(
    ActivityClass(str(code), name)
    for code, name in enumerate(
        (
            "opening a window",
            "drinking",
            "watering a plant",
            "closing a window",
            "cutting with a knife",
            "chopping with a knife",
            "stirring in a bowl",
            "turning the pages of a book",
            "forehand in tennis",
            "backhand in tennis",
            "smash in tennis",
        ),
        start=2,
    )
)
TRAPS = (
    "The unit is not stated. At rest the hand's sensor reads about 1000: it is taken as milli-g.",
    "The codes are in the order of the toolbox's settings.m, not in the order in which the paper "
    "lists the gestures.",
    "The recording of subject 2 starts with 251 samples of one frozen value, labelled null.",
    "The lower arm of subject 2 freezes 44 times for half a second to seven, 84 s in all, also in "
    "the middle of gestures.",
)


def read(
    tree: FileTree, options: ReadOptions, names: Names, _found: PartFindings
) -> Iterator[Recording]:
    """Yield one recording for each subject."""
    first = FIRST_COLUMN[options.placement]
    for name in names:
        matrices = read_matrices(tree, name, {"data": COLUMNS, "labels": 1})
        data, codes = matrices["data"], matrices["labels"][:, 0]
        if len(data) != len(codes):
            raise DataFormatError(
                f"{len(data)} samples and {len(codes)} labels",
                where=tree.where(name),
                expected="a label for every sample",
                todo="fetch the file again",
            )
        wrong = np.flatnonzero(~np.isin(codes, range(NULL_CODE, NULL_CODE + len(CLASSES) + 1)))
        if len(wrong):
            raise DataFormatError(
                f"{codes[wrong[0]]:g} is not a label",
                where=f"{tree.where(name)}, variable 'labels', sample {wrong[0] + 1}",
                expected=f"a whole number from {NULL_CODE} to {NULL_CODE + len(CLASSES)}",
                todo="fetch the file again",
            )
        labels = codes.astype(np.int16) - 2
        labels[codes == NULL_CODE] = NO_LABEL
        yield Recording(
            acceleration=to_g(data[:, first : first + 3], MILLI_G, tree.where(name)),
            rate_hz=SPEC.rate_hz,
            labels=labels,
            subject=name.split("/")[1].removesuffix("_gesture"),
            session="gesture",
            placement=options.placement,
        )


def _missing(_: FileTree, names: Names) -> Iterator[str]:
    if len(names) < SPEC.subjects:
        yield f"{len(names)} of {SPEC.subjects} subjects were found."


SPEC = DatasetSpec(
    name="actrectut",
    title="Hand gestures of the activity recognition tutorial",
    licence="none stated for the data; the publisher asks for non-commercial scientific use and "
    "for the citation",
    citation="A. Bulling, U. Blanke, B. Schiele: A Tutorial on Human Activity Recognition Using "
    "Body-worn Inertial Sensors. ACM Computing Surveys 46(3), 2014.",
    home="https://github.com/andreas-bulling/ActRecTut",
    rate_hz=32.0,
    unit="milli-g",
    subjects=2,
    placements=tuple(FIRST_COLUMN),
    variants={"default": CLASSES},
    patterns=PATTERNS,
    read=PartReader(partial(require, patterns=PATTERNS), read, PartFindings, _missing),
    columns=f"labels, and of data {three_from(FIRST_COLUMN)}",
    traps=TRAPS,
)
