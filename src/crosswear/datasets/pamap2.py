"""PAMAP2 Physical Activity Monitoring (UCI 231).

Source: the publisher's readme.pdf, DataCollectionProtocol.pdf and PerformedActivitiesSummary.pdf.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import NO_LABEL, STANDARD_GRAVITY, Recording
from crosswear.datasets.part_reader import Names, PartFindings, PartReader
from crosswear.datasets.published_text import elapsed_s, read_numbers
from crosswear.datasets.quantities import to_g, to_rad_s
from crosswear.datasets.spec import (
    ActivityClass,
    DatasetSpec,
    PublishedCounts,
    PublishedFile,
    ReadOptions,
    from_uci,
    three_from,
)
from crosswear.datasets.text_layout import TextLayout
from crosswear.datasets.tree import FileTree, require

PATTERNS = ("Protocol/subject10[1-9].dat", "Optional/subject10[1-9].dat")
LAYOUT = TextLayout(columns=54, separator=" ")
TIME, ACTIVITY = 0, 1
FIRST_COLUMN = {"dominant_wrist": 4, "chest": 21, "ankle": 38}
"""0-based, of the accelerometer with the range of 16 g."""
GYROSCOPE = 6
"""Columns from there to the gyroscope; that with 6 g lies between."""

NULL_CODE = 0
ACTIVITIES = {
    1: "lying",
    2: "sitting",
    3: "standing",
    4: "walking",
    5: "running",
    6: "cycling",
    7: "Nordic walking",
    9: "watching TV",
    10: "computer work",
    11: "car driving",
    12: "ascending stairs",
    13: "descending stairs",
    16: "vacuum cleaning",
    17: "ironing",
    18: "folding laundry",
    19: "house cleaning",
    20: "playing soccer",
    24: "rope jumping",
}
SITTING = {9: 2, 10: 2, 11: 2}
"""Watching TV, computer work and car driving are done sitting."""


def _classes(*without: int) -> tuple[ActivityClass, ...]:
    kept = (code for code in ACTIVITIES if code not in without)
    return tuple(ActivityClass(str(code), ACTIVITIES[code]) for code in kept)


VARIANTS = {
    "merged-sitting": _classes(*SITTING),
    "three-people": _classes(9, 11, 20),
    "protocol12": _classes(9, 10, 11, 18, 19, 20),
    "all18": _classes(),
}
"""By default 9, 10 and 11 count as sitting. `three-people`: the 15 that at least three people
perform; `protocol12`: those of the folder Protocol."""

DETAILS = """\
The study has 15 classes, and a majority classifier that reaches 26 %. Two of these class tables
have 15. The publisher's seconds of each activity show which of them can be the study's. In test
sets of whole people that hold 45 to 55 % of the labelled time, these shares of the time are of the
class that is most frequent in the rest (what a majority classifier reaches), and of the most
frequent class of the test set itself:

| class table | test sets | most frequent class of all | majority classifier | in the test set |
|:--|--:|:--|--:|--:|
| `merged-sitting` | 116 | sitting, 6,333 of 27,248 s (23.2 %) | 13.7 to 32.1 % | 13.7 to 32.1 % |
| `three-people` | 108 | computer work, 3,099 of 25,398 s (12.2 %) | 0.0 to 15.1 % | 9.6 to 23.7 % |

With `three-people` no such test set reaches 26 %; `all18` and `protocol12` have other numbers of
classes. So the default is `merged-sitting`, which counts watching TV, computer work and car driving
as sitting: of these tables it alone can be the study's. No source says that it is.
`tests/unit/test_pamap2.py` computes the table from the publisher's seconds.
"""
TRAPS = (
    "Each unit has two accelerometers; the one with 6 g saturates in running and jumping and is "
    "not read.",
    "The link of a unit drops out: its columns are NaN then, and read as lost samples.",
    "Label 0 is what happens between activities; it is no class.",
    "Six activities are in the folder Optional alone, and performed by one to five people each.",
    "The dominant hand of 108 is the left one, that of all others the right one.",
    "The folder Protocol has 64 s of rope jumping of 109 and nothing else.",
)
# fmt: off
FILES = tuple(
    PublishedFile(f"{folder}/subject{subject}.dat", sha256, size)
    for folder, files in {
        "Optional": (
            (101, 121_246_257, "a8b71371406001ae563acad1d7d946ceacd0afeb51b97bfb9a9cbad95c78e52c"),
            (105, 72_521_536, "a7c4ccd8d7e8fe21abad8c111229649ec10ca9b353cc29fcc4986c2243301adc"),
            (106, 60_905_306, "50882fc519f01e8fe200a5a4373daff443e88624d7e8a2d31d759569823fb491"),
            (108, 85_403_002, "e871b2e5692867f8655b69b769e866927739aa288b9da5cc9a15dc930f154336"),
            (109, 90_594_049, "a6a8f7521d63fe80bd7f203c5ee1256a2bc8b3772f028ae767256ec1d6a93930"),
        ),
        "Protocol": (
            (101, 141_698_539, "80b3fffd089c236ae88098df3b906b8d3c67a858023fe4f75045d78612147266"),
            (102, 207_349_310, "468f3c6ba3e6e961f383783665265afbcddbbd33a3a84bba0386b7d0d4e3c632"),
            (103, 117_863_364, "5be64631d085e3efc700728395516da3512ff9de17dab30d253508441a98d3f0"),
            (104, 153_227_482, "7eb272213cbfe11d9e466a2163b6c9c2ed8d2542fc6f08283fd1bf222cac8994"),
            (105, 173_773_599, "7837cfede57fe45ec20d553c6c2b0c498ab324daae23bfd202c0ffea9f71a7f6"),
            (106, 168_263_273, "0da1dda3fa56d75d6413fc9198949d3ebc2102d77574cb5fe0739674687609f2"),
            (107, 145_823_268, "a02195e9599eb249f79103912d27eb4f62d8a0f59e4763b0dd8250fee5f3f020"),
            (108, 190_019_653, "81ce6b21b9c1e01dc02099c4f9387699547b08b28b387d09a56e0cb0a8af22fc"),
            (109, 3_891_140, "5109d5cd8334769566b4ae602adf3e5f4bb7b9ee8ca678f0c481d333114b07c7"),
        ),
    }.items()
    for subject, size, sha256 in files
)
SECONDS = {
    "1": (271.86, 234.29, 220.43, 230.46, 236.98, 233.39, 256.1, 241.64, 0.0),
    "2": (234.79, 223.44, 287.6, 254.91, 268.63, 230.4, 122.81, 229.22, 0.0),
    "3": (217.16, 255.75, 205.32, 247.05, 221.31, 243.55, 257.5, 251.59, 0.0),
    "4": (222.52, 325.32, 290.35, 319.31, 320.32, 257.2, 337.19, 315.32, 0.0),
    "5": (212.64, 92.37, 0.0, 0.0, 246.45, 228.24, 36.91, 165.31, 0.0),
    "6": (235.74, 251.07, 0.0, 226.98, 245.76, 204.85, 226.79, 254.74, 0.0),
    "7": (202.64, 297.38, 0.0, 275.32, 262.7, 266.85, 287.24, 288.87, 0.0),
    "9": (836.45, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    "10": (0.0, 0.0, 0.0, 0.0, 1108.82, 617.76, 0.0, 687.24, 685.49),
    "11": (545.18, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
    "12": (158.88, 173.4, 103.87, 166.92, 142.79, 132.89, 176.44, 116.81, 0.0),
    "13": (148.97, 152.11, 152.72, 142.83, 127.25, 112.7, 116.16, 96.53, 0.0),
    "16": (229.4, 206.82, 203.24, 200.36, 244.44, 210.77, 215.51, 242.91, 0.0),
    "17": (235.72, 288.79, 279.74, 249.94, 330.33, 377.43, 294.98, 329.89, 0.0),
    "18": (271.13, 0.0, 0.0, 0.0, 0.0, 217.85, 0.0, 236.49, 273.27),
    "19": (540.88, 0.0, 0.0, 0.0, 284.87, 287.13, 0.0, 416.9, 342.05),
    "20": (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 181.24, 287.88),
    "24": (129.11, 132.61, 0.0, 0.0, 77.32, 2.55, 0.0, 88.05, 63.9),
}
# fmt: on
COUNTS = PublishedCounts(
    title="seconds, both folders together",
    quantity="seconds",
    expected=SECONDS,
    subjects=tuple(str(subject) for subject in range(101, 110)),
    variant="all18",
    tolerance=0.02,
)
"""PerformedActivitiesSummary.pdf; each run from its first to its last sample, by all signs."""


def read(
    tree: FileTree, options: ReadOptions, names: Names, _found: PartFindings
) -> Iterator[Recording]:
    """Yield one recording for every file."""
    first = FIRST_COLUMN[options.placement]
    for name in names:
        where = tree.where(name)
        starts = (first, first + GYROSCOPE)[: len(options.sensors)]
        use = (column for start in starts for column in range(start, start + 3))
        values = read_numbers(tree, name, LAYOUT, (TIME, ACTIVITY, *use))
        folder, _, file = name.partition("/")
        yield Recording(
            acceleration=to_g(values[:, 2:5], STANDARD_GRAVITY, where),
            rate_hz=SPEC.rate_hz,
            labels=_labels(values[:, 1], options.variant, where),
            subject=file.removeprefix("subject").removesuffix(".dat"),
            session=folder.lower(),
            placement=options.placement,
            time_s=elapsed_s(values[:, 0], 1.0, where),
            rotation=to_rad_s(values[:, 5:], where) if len(starts) > 1 else None,
        )


def _missing(_: FileTree, names: Names) -> Iterator[str]:
    if len(names) < len(FILES):
        yield f"{len(names)} of {len(FILES)} files were found."


def _labels(codes: NDArray[np.float64], variant: str, where: str) -> NDArray[np.int16]:
    wrong = np.flatnonzero(~np.isin(codes, (NULL_CODE, *ACTIVITIES)))
    if len(wrong):
        raise DataFormatError(
            f"{codes[wrong[0]]:g} is not an activity",
            where=f"{where}, line {wrong[0] + 1}, column {ACTIVITY + 1}",
            expected=f"one of {', '.join(map(str, (NULL_CODE, *ACTIVITIES)))}",
            todo="fetch the file again, or compare it with the publisher's",
        )
    label = np.full(max(ACTIVITIES) + 1, NO_LABEL, np.int16)
    for index, activity in enumerate(VARIANTS[variant]):
        label[int(activity.code)] = index
    if variant == "merged-sitting":
        for code, posture in SITTING.items():
            label[code] = label[posture]
    return np.asarray(label[codes.astype(np.int64)])


SPEC = DatasetSpec(
    name="pamap2",
    title="PAMAP2 Physical Activity Monitoring",
    licence="CC BY 4.0",
    citation="A. Reiss, D. Stricker: Introducing a New Benchmarked Dataset for Activity "
    "Monitoring. ISWC 2012.",
    home="https://archive.ics.uci.edu/dataset/231/pamap2+physical+activity+monitoring",
    rate_hz=100.0,
    unit="m/s²",
    subjects=9,
    placements=tuple(FIRST_COLUMN),
    variants=VARIANTS,
    patterns=PATTERNS,
    read=PartReader(partial(require, patterns=PATTERNS), read, PartFindings, _missing),
    sensors=("accelerometer", "gyroscope"),
    columns=f"{TIME + 1} time (s), {ACTIVITY + 1} activity, {three_from(FIRST_COLUMN)}; of the "
    f"gyroscope (rad/s) the three that begin {GYROSCOPE} columns on",
    files=FILES,
    archives=("pamap2+physical+activity+monitoring.zip", "PAMAP2_Dataset.zip"),
    folders=("PAMAP2_Dataset",),
    downloads=(from_uci(231, "pamap2+physical+activity+monitoring.zip"),),
    counts=COUNTS,
    details=DETAILS,
    traps=TRAPS,
)
