"""selfBACK, wrist, nine activities.

Source: the publisher's README; what `TRAPS` says was measured on the published files.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import Recording
from crosswear.datasets.part_reader import Names, PartFindings, PartReader
from crosswear.datasets.published_text import elapsed_s, read_numbers
from crosswear.datasets.quantities import to_g
from crosswear.datasets.spec import ActivityClass, DatasetSpec, ReadOptions
from crosswear.datasets.text_layout import TextLayout
from crosswear.datasets.tree import FileTree, require

PATTERNS = ("raw/9_class/wrist50/*/*.csv",)
LAYOUT = TextLayout(columns=4, header=("time", "x", "y", "z"), stamps=(0,))
CLASSES = (
    ActivityClass("downstairs", "walking downstairs"),
    ActivityClass("jogging", "jogging"),
    ActivityClass("lying", "lying"),
    ActivityClass("sitting", "sitting"),
    ActivityClass("standing", "standing"),
    ActivityClass("upstairs", "walking upstairs"),
    ActivityClass("walk_fast", "walking fast"),
    ActivityClass("walk_mod", "walking at moderate speed"),
    ActivityClass("walk_slow", "walking slowly"),
)
TRAPS = (
    "The rate is 100 Hz only in name: the time stamps give 97.3 to 102.6 Hz from file to file, "
    "with steps of 9 to 11 ms.",
    "The signal is clipped at 8 g, which jogging reaches.",
    "The publisher's README counts six activities; the folder 9_class has nine.",
)


def read(
    tree: FileTree, options: ReadOptions, names: Names, _found: PartFindings
) -> Iterator[Recording]:
    """Yield one recording for every file, that is for every activity and subject."""
    codes = [activity.code for activity in CLASSES]
    for name in names:
        activity, _, file = name.removeprefix("raw/9_class/wrist50/").partition("/")
        if activity not in codes:
            raise DataFormatError(
                f"there is no activity {activity!r}",
                where=tree.where(name),
                expected=", ".join(codes),
                todo="take the folder away, or rename it as the publisher does",
            )
        values = read_numbers(tree, name, LAYOUT, range(4))
        where = tree.where(name)
        yield Recording(
            acceleration=to_g(values[:, 1:], 1.0, where),
            rate_hz=SPEC.rate_hz,
            labels=np.full(len(values), codes.index(activity), np.int16),
            subject=file.removesuffix(".csv"),
            session=activity,
            placement=options.placement,
            time_s=elapsed_s(values[:, 0], 1.0, where, first_line=2),
        )


def _missing(_: FileTree, names: Names) -> Iterator[str]:
    subjects = {name.rpartition("/")[2] for name in names}
    if len(names) < SPEC.subjects * len(CLASSES):
        yield (
            f"{len(subjects)} of {SPEC.subjects} subjects are there, with {len(names)} of "
            f"{len(subjects) * len(CLASSES)} recordings."
        )


SPEC = DatasetSpec(
    name="selfback",
    title="selfBACK, wrist, nine activities",
    licence="none stated; the publisher asks for the citation",
    citation="S. Sani, N. Wiratunga, S. Massie, K. Cooper: kNN Sampling for Personalised Human "
    "Activity Recognition. ICCBR 2017. S. Sani, S. Massie, N. Wiratunga, K. Cooper: Learning Deep "
    "and Shallow Features for Human Activity Recognition. KSEM 2017.",
    home="https://github.com/rgu-selfback/Datasets",
    rate_hz=100.0,
    unit="g",
    subjects=50,
    placements=("wrist",),
    variants={"default": CLASSES},
    patterns=PATTERNS,
    read=PartReader(partial(require, patterns=PATTERNS), read, PartFindings, _missing),
    columns="time, x, y, z",
    traps=TRAPS,
)
