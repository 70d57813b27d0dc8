"""WEAR: eighteen sports activities outdoors, with watches at both wrists and both ankles.

Source: the publisher's repository and readers of others; not checked on the published files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import partial

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import NO_LABEL, Recording
from crosswear.datasets.part_reader import Names, PartFindings, PartReader
from crosswear.datasets.published_text import place, read_labels, read_numbers
from crosswear.datasets.quantities import to_g
from crosswear.datasets.spec import (
    ActivityClass,
    DatasetSpec,
    PublishedFile,
    ReadOptions,
    three_from,
)
from crosswear.datasets.text_layout import TextLayout
from crosswear.datasets.tree import FileTree, require

FOLDER = "raw/inertial/50hz"
PATTERNS = (f"{FOLDER}/sbj_*.csv",)
FILES = 24
SAME_PERSON = {18: 0, 19: 14}
"""Files of people who were recorded again, with the number of their first file."""
LIMBS = ("right_arm", "right_leg", "left_leg", "left_arm")
LAYOUT = TextLayout(
    columns=14,
    header=("sbj_id", *(f"{limb}_acc_{axis}" for limb in LIMBS for axis in "xyz"), "label"),
    missing=("NaN", "nan", ""),
)
NUMBER, LABEL = 0, 13
FIRST_COLUMN = {"right_wrist": 1, "left_wrist": 10, "right_ankle": 4, "left_ankle": 7}
UNLABELLED = ("null", "")
CLASSES = tuple(
    ActivityClass(name, name)
    for name in (
        "jogging",
        "jogging (rotating arms)",
        "jogging (skipping)",
        "jogging (sidesteps)",
        "jogging (butt-kicks)",
        "stretching (triceps)",
        "stretching (lunging)",
        "stretching (shoulders)",
        "stretching (hamstrings)",
        "stretching (lumbar rotation)",
        "push-ups",
        "push-ups (complex)",
        "sit-ups",
        "sit-ups (complex)",
        "burpees",
        "lunges",
        "lunges (complex)",
        "bench-dips",
    )
)
DETAILS = """\
The publisher gives the files out one by one, not as an archive: put `sbj_0.csv` to `sbj_23.csv` of
<https://ubi29.informatik.uni-siegen.de/wear_dataset/raw/inertial/50hz/> into
`DATA/wear/raw/inertial/50hz`.

That `sbj_18` is the person of `sbj_0`, and `sbj_19` that of `sbj_14`, is what two texts on the
dataset say, not the files: they are read as one person each.
"""
TRAPS = (
    "Two people were recorded twice: sbj_18 and sbj_0 are one, sbj_19 and sbj_14 as well. Left one "
    "out without the other, the test set holds a person of the training set.",
    "The columns of the legs stand between those of the arms; some viewers name them wrongly.",
    "The files have no time, and the sessions of a person, one to four, follow each other without "
    "a mark: a window may span the joint. The publisher has interpolated the samples of about "
    "48 Hz to 50 Hz.",
    "Labels are the word null, or empty, where there is no activity. The publisher's own code "
    "replaces empty cells of sensors by 0 or -1; here they are lost samples.",
    "Users report watches that were put on the other way round: both arms of one person, the left "
    "leg of another, and two people whose watches turn from session to session. Nothing is "
    "corrected.",
    "The licence forbids commercial use; pages that say CC BY are wrong.",
)


def read(
    tree: FileTree, options: ReadOptions, names: Names, _found: PartFindings
) -> Iterator[Recording]:
    """Yield one recording for every file."""
    first = FIRST_COLUMN[options.placement]
    label_of = {activity.code: label for label, activity in enumerate(CLASSES)}
    label_of |= dict.fromkeys(UNLABELLED, NO_LABEL)
    for name in names:
        number = _number(tree, name)
        values = read_numbers(tree, name, LAYOUT, (NUMBER, *range(first, first + 3)))
        wrong = values[:, 0] != number
        if wrong.any():
            raise DataFormatError(
                "another person",
                where=place(tree, name, LAYOUT, int(wrong.argmax()), NUMBER),
                expected=f"{number}, as in the name",
                todo="fetch the file again",
            )
        yield Recording(
            acceleration=to_g(values[:, 1:], 1.0, tree.where(name)),
            rate_hz=SPEC.rate_hz,
            labels=read_labels(tree, name, LAYOUT, LABEL, label_of),
            subject=f"sbj_{SAME_PERSON.get(number, number)}",
            session=f"sbj_{number}",
            placement=options.placement,
        )


def _missing(_: FileTree, names: Names) -> Iterator[str]:
    if len(names) < FILES:
        yield f"{len(names)} of {FILES} files are there."


def _number(tree: FileTree, name: str) -> int:
    match = re.fullmatch(r"sbj_(\d|1\d|2[0-3])\.csv", name.rpartition("/")[2])
    if match is None:
        raise DataFormatError(
            "no such file",
            where=tree.where(name),
            expected=f"sbj_0.csv to sbj_{FILES - 1}.csv",
            todo="take the file away, or rename it as the publisher does",
        )
    return int(match[1])


SPEC = DatasetSpec(
    name="wear",
    title="WEAR: outdoor sports, with watches at wrists and ankles",
    licence="CC BY-NC-SA 4.0",
    citation="M. Bock, H. Kuehne, K. Van Laerhoven, M. Moeller: WEAR: An Outdoor Sports Dataset "
    "for Wearable and Egocentric Activity Recognition. IMWUT 8(4), 175, 2024.",
    home="https://github.com/mariusbock/wear",
    rate_hz=50.0,
    unit="g",
    subjects=FILES - len(SAME_PERSON),
    placements=tuple(FIRST_COLUMN),
    variants={"default": CLASSES},
    patterns=PATTERNS,
    read=PartReader(partial(require, patterns=PATTERNS), read, PartFindings, _missing),
    columns=f"{NUMBER + 1} person, {LABEL + 1} activity, {three_from(FIRST_COLUMN)}",
    files=tuple(PublishedFile(f"{FOLDER}/sbj_{number}.csv") for number in range(FILES)),
    details=DETAILS,
    traps=TRAPS,
)
