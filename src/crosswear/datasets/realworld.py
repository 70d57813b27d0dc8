"""RealWorld (HAR): eight activities of fifteen people, with sensors at seven places of the body.

Source: public readers of the dataset, which agree on its layout; not checked on the published
files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import STANDARD_GRAVITY, Recording
from crosswear.datasets.archive import ZipTree, open_inner
from crosswear.datasets.part_reader import Names, PartFindings, PartReader
from crosswear.datasets.published_text import check_rate, place, read_numbers
from crosswear.datasets.quantities import to_g
from crosswear.datasets.spec import ActivityClass, DatasetSpec, Download, ReadOptions
from crosswear.datasets.text_layout import TextLayout
from crosswear.datasets.tree import FileTree, require

PATTERNS = ("proband*/data/acc_*_csv.zip",)
PLACEMENTS = ("forearm", "chest", "head", "shin", "thigh", "upperarm", "waist")
CLASSES = (
    ActivityClass("climbingdown", "going down stairs"),
    ActivityClass("climbingup", "going up stairs"),
    ActivityClass("jumping", "jumping"),
    ActivityClass("lying", "lying"),
    ActivityClass("running", "running"),
    ActivityClass("sitting", "sitting"),
    ActivityClass("standing", "standing"),
    ActivityClass("walking", "walking"),
)
ZIP = re.compile(
    r"proband(?P<person>[1-9]|1[0-5])/data/"
    rf"acc_(?P<activity>{'|'.join(row.code for row in CLASSES)})_csv\.zip"
)
LAYOUT = TextLayout(columns=5, header=("id", "attr_time", "attr_x", "attr_y", "attr_z"))
TIME = 1
URL = (
    "http://wifo5-14.informatik.uni-mannheim.de/sensor/dataset/realworld2016/"
    "realworld2016_dataset.zip"
)
DETAILS = """\
Three things are reconstructed, for no published file was at hand: the time stamps are taken as
milliseconds; they are an error if they repeat, or are more than 20 % off 50 Hz; where they run
backwards, another recording begins.
"""
TRAPS = (
    "Each activity of a person is a zip archive, and those of proband4, 7 and 14 going up and down "
    "stairs hold three more archives, of a part each. Readers that open one of them lose two "
    "thirds. Each part is a recording.",
    "Names of members vary: acc_walking_2_forearm.csv is the only part of that activity, and the "
    "first part of three has no number.",
    "proband2 has no climbingup of the forearm and proband6 no jumping of the thigh. Some readers "
    "fill them with zeros.",
    "The forearm is that of the smartwatch, the other places are of smartphones. On which arm the "
    "watch was, the files do not say.",
    "Jumping lasts 1.7 min, every other activity about 10 min.",
)


@dataclass
class PartsFound(PartFindings):
    """Gaps in the archives of some activities.

    Attributes:
        without: people and activities without a recording of the placement.
        backwards: how often the time runs backwards.
    """

    without: list[str] = field(default_factory=list)
    backwards: int = 0


def read(
    tree: FileTree, options: ReadOptions, names: Names, found: PartsFound
) -> Iterator[Recording]:
    """Yield one recording for every part of an activity of a person."""
    codes = [activity.code for activity in CLASSES]
    for name in names:
        match = _match(tree, name)
        activity = match["activity"]
        parts = _parts(open_inner(tree, name), activity, options.placement)
        if not parts:
            found.without.append(f"proband{match['person']}/{activity}")
        for part, (archive, member) in sorted(parts.items()):
            values = _values(archive, member)
            breaks = np.flatnonzero(np.diff(values[:, 0]) < 0) + 1
            found.backwards += len(breaks)
            for run, rows in enumerate(np.split(values, breaks)):
                yield Recording(
                    acceleration=to_g(rows[:, 1:], STANDARD_GRAVITY, archive.where(member)),
                    rate_hz=SPEC.rate_hz,
                    labels=np.full(len(rows), codes.index(activity), np.int16),
                    subject=f"proband{match['person']}",
                    session=f"{activity}_{part}" + f"-{run + 1}" * (run > 0),
                    placement=options.placement,
                    time_s=_time_s(archive, member, rows[:, 0]),
                )


def _missing(tree: FileTree, names: Names) -> Iterator[str]:
    people = {_match(tree, name)["person"] for name in names}
    if len(names) < SPEC.subjects * len(CLASSES):
        yield (
            f"{len(people)} of {SPEC.subjects} people are there, with {len(names)} of "
            f"{len(people) * len(CLASSES)} activities."
        )


def _notes(_: FileTree, options: ReadOptions, found: PartsFound) -> Iterator[str]:
    if found.without:
        yield f"No recording of the {options.placement} in {', '.join(found.without)}."
    if found.backwards:
        yield f"The time runs backwards {found.backwards} times; another recording begins there."


def _match(tree: FileTree, name: str) -> re.Match[str]:
    match = ZIP.fullmatch(name)
    if match is None:
        raise DataFormatError(
            "the name does not say who and which activity",
            where=tree.where(name),
            expected="proband1 to proband15, data/acc_<activity>_csv.zip, activity one of "
            + ", ".join(row.code for row in CLASSES),
            todo="take the file away, or rename it as the publisher does",
        )
    return match


def _parts(archive: ZipTree, activity: str, placement: str) -> dict[int, tuple[ZipTree, str]]:
    """Return archive and member of each part of an activity, by the number of the part."""
    archives = {0: archive}
    inner = re.compile(rf"acc_{activity}(?:_(\d))?_csv\.zip")
    for name in archive.glob("*.zip"):
        number = _number(archive, name, inner, f"acc_{activity}_<part>_csv.zip")
        archives[number] = open_inner(archive, name)
    parts: dict[int, tuple[ZipTree, str]] = {}
    table = re.compile(rf"acc_{activity}(?:_(\d))?_(?:{'|'.join(PLACEMENTS)})\.csv")
    for outer, tree in archives.items():
        for name in tree.glob("*.csv"):
            expected = f"acc_{activity}_<part>_<place>.csv, or without the part"
            number = _number(tree, name, table, expected)
            part = number if number > 1 else max(outer, 1)
            if name.endswith(f"_{placement}.csv"):
                if part in parts:
                    raise DataFormatError(
                        f"part {part} of the {placement} is there twice",
                        where=tree.where(name),
                        expected="each part once",
                        todo="fetch the archive again",
                    )
                parts[part] = tree, name
    return parts


def _number(tree: FileTree, name: str, pattern: re.Pattern[str], expected: str) -> int:
    match = pattern.fullmatch(name)
    if match is None:
        raise DataFormatError(
            "the name does not say which part of the activity",
            where=tree.where(name),
            expected=expected,
            todo="fetch the archive again",
        )
    return int(match[1] or 1)


def _values(tree: FileTree, name: str) -> NDArray[np.float64]:
    """Return time (ms), x, y and z [T, 4]."""
    values = read_numbers(tree, name, LAYOUT, (TIME, 2, 3, 4))
    missing = np.flatnonzero(np.isnan(values[:, 0]))
    repeated = np.flatnonzero(np.diff(values[:, 0]) == 0) + 1
    wrong = [*missing[:1], *repeated[:1]]
    if wrong:
        raise DataFormatError(
            "the time stamp is missing, or repeats the one before it",
            where=place(tree, name, LAYOUT, int(min(wrong)), TIME),
            expected="milliseconds, one for each sample",
            todo="fetch the archive again",
        )
    return values


def _time_s(tree: FileTree, name: str, stamps_ms: NDArray[np.float64]) -> NDArray[np.float64]:
    time_s = (stamps_ms - stamps_ms[0]) / 1e3
    check_rate(time_s, SPEC.rate_hz, tree.where(name))
    return np.asarray(time_s)


SPEC = DatasetSpec(
    name="realworld",
    title="RealWorld (HAR), Mannheim",
    licence="none stated; cite the publication",
    citation="T. Sztyler, H. Stuckenschmidt: On-body Localization of Wearable Devices: An "
    "Investigation of Position-Aware Activity Recognition. IEEE PerCom 2016.",
    home="https://doi.org/10.1109/PERCOM.2016.7456521",
    rate_hz=50.0,
    unit="m/s²",
    subjects=15,
    placements=PLACEMENTS,
    variants={"default": CLASSES},
    patterns=PATTERNS,
    read=PartReader(partial(require, patterns=PATTERNS), read, PartsFound, _missing, _notes),
    columns="attr_time (ms), attr_x, attr_y, attr_z",
    archives=("realworld2016_dataset.zip",),
    folders=("realworld2016_dataset",),
    downloads=(Download("realworld2016_dataset.zip", (URL,)),),
    details=DETAILS,
    traps=TRAPS,
)
