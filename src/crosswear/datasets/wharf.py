"""WHARF: wrist-worn accelerometer, human motion primitives (UCI 283 in an earlier form).

Source: MANUAL.txt of the dataset; what `TRAPS` says was measured on the published files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

import numpy as np

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import Recording
from crosswear.datasets.part_reader import Names, PartFindings, PartReader
from crosswear.datasets.published_text import read_numbers
from crosswear.datasets.quantities import to_g
from crosswear.datasets.spec import (
    ActivityClass,
    DatasetSpec,
    PublishedCounts,
    ReadOptions,
)
from crosswear.datasets.text_layout import TextLayout
from crosswear.datasets.tree import FileTree, require

PATTERNS = ("WHARF Data Set/Data/*/Accelerometer-*.txt",)
NAME = re.compile(
    r"WHARF Data Set/Data/(?P<folder>[^/]+)/Accelerometer-(?P<start>\d{4}(-\d\d){5})"
    r"-(?P<activity>[a-z_]+)-(?P<subject>[fm]\d+)\.txt"
)
LAYOUT = TextLayout(columns=3, separator=" ")
TRIALS = 892
LARGEST_CODE, CODES_PER_G, ZERO_CODE = 63, 63 / 3, 63 / 2
CLASSES = tuple(
    ActivityClass(code, name)
    for code, name in (
        ("brush_teeth", "brushing teeth"),
        ("climb_stairs", "climbing stairs"),
        ("comb_hair", "combing hair"),
        ("descend_stairs", "descending stairs"),
        ("drink_glass", "drinking from a glass"),
        ("eat_meat", "eating with fork and knife"),
        ("eat_soup", "eating with a spoon"),
        ("getup_bed", "getting up from a bed"),
        ("liedown_bed", "lying down on a bed"),
        ("pour_water", "pouring water"),
        ("sitdown_chair", "sitting down on a chair"),
        ("standup_chair", "standing up from a chair"),
        ("use_telephone", "using a telephone"),
        ("walk", "walking"),
    )
)
TRAPS = (
    "Six bits an axis over ±1.5 g: one step is 0.048 g, a hand at rest need not read 1 g, and "
    "1.2 % of the samples are clipped.",
    "Half of the trials are shorter than 12.2 s, the shortest is 2.6 s: less than one window.",
    "f1 alone performed almost half of everything, and is the only one in eat_meat and eat_soup.",
    "MODELS holds copies of trials, aligned and cut: it is not read.",
    "Two trials of descend_stairs by f6 (2014-03-30, 10:13 and 10:25) are the same file twice.",
)

COUNTS = PublishedCounts(
    title="trials of each activity",
    quantity="occurrences",
    expected={
        "brush_teeth": (12,),
        "climb_stairs": (112,),
        "comb_hair": (31,),
        "descend_stairs": (51,),
        "drink_glass": (115,),
        "eat_meat": (5,),
        "eat_soup": (3,),
        "getup_bed": (101,),
        "liedown_bed": (28,),
        "pour_water": (100,),
        "sitdown_chair": (109,),
        "standup_chair": (112,),
        "use_telephone": (13,),
        "walk": (100,),
    },
)
"""MANUAL.txt, 2.1."""


def read(
    tree: FileTree, options: ReadOptions, names: Names, _found: PartFindings
) -> Iterator[Recording]:
    """Yield one recording for every trial."""
    codes = [activity.code for activity in CLASSES]
    for name in names:
        match = NAME.fullmatch(name)
        activity = match["folder"].lower() if match else ""
        if match is None or activity != match["activity"] or activity not in codes:
            raise DataFormatError(
                "the name does not say which activity, when and who",
                where=tree.where(name),
                expected="<Activity>/Accelerometer-<start>-<activity>-<volunteer>.txt, activity "
                f"one of {', '.join(codes)}, volunteer like f1 or m10",
                todo="take the file away, or rename it as the publisher does",
            )
        values = read_numbers(tree, name, LAYOUT, range(3))
        wrong = np.argwhere(~((values >= 0) & (values <= LARGEST_CODE) & (values % 1 == 0)))
        if len(wrong):
            row, column = wrong[0]
            raise DataFormatError(
                f"{values[row, column]:g} is not a code of acceleration",
                where=f"{tree.where(name)}, sample {row + 1}, column {column + 1}",
                expected=f"a whole number from 0 to {LARGEST_CODE}",
                todo="fetch the file again",
            )
        yield Recording(
            acceleration=to_g(values - ZERO_CODE, CODES_PER_G, tree.where(name)),
            rate_hz=SPEC.rate_hz,
            labels=np.full(len(values), codes.index(activity), np.int16),
            subject=match["subject"],
            session=f"{activity}-{match['start']}",
            placement=options.placement,
        )


def _missing(_: FileTree, names: Names) -> Iterator[str]:
    if len(names) < TRIALS:
        yield f"{TRIALS - len(names)} of {TRIALS} trials are missing."


SPEC = DatasetSpec(
    name="wharf",
    title="Wearable Human Activity Recognition Folder",
    licence="none stated; for research use, the publisher asks for the citation",
    citation="B. Bruno, F. Mastrogiovanni, A. Sgorbissa: A Public Domain Dataset for ADL "
    "Recognition Using Wrist-placed Accelerometers. IEEE RO-MAN 2014.",
    home="https://github.com/fulviomas/WHARF",
    rate_hz=32.0,
    unit="6-bit code, 0 to 63 for -1.5 g to 1.5 g",
    subjects=17,
    placements=("right_wrist",),
    variants={"default": CLASSES},
    patterns=PATTERNS,
    read=PartReader(partial(require, patterns=PATTERNS), read, PartFindings, _missing),
    columns="1–3 x, y, z",
    counts=COUNTS,
    traps=TRAPS,
)
