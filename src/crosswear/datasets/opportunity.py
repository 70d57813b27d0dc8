"""OPPORTUNITY Activity Recognition (UCI 226).

Source: column_names.txt and label_legend.txt of the dataset.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import DataFormatError
from crosswear.core.recording import NO_LABEL, Recording
from crosswear.datasets.part_reader import Names, PartReader, Sentences
from crosswear.datasets.published_text import elapsed_s, read_numbers
from crosswear.datasets.quantities import to_g
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
from crosswear.datasets.tree import FileTree, reading, require

PATTERNS = ("S[1-4]-ADL[1-5].dat", "S[1-4]-Drill.dat")
LAYOUT = TextLayout(columns=250, separator=" ")
TIME, LOCOMOTION, GESTURE = 0, 243, 249
RATE_HZ, MILLISECONDS, MILLI_G = 30.0, 1000.0, 1000.0
SENSORS = {
    "right_wrist": {"RWR": 22, "RLA": 63},
    "left_wrist": {"LWR": 31, "LLA": 89},
    "right_lower_arm": {"RLA": 63},
    "left_lower_arm": {"LLA": 89},
    "right_upper_arm": {"RUA": 50},
    "left_upper_arm": {"LUA": 76},
    "back": {"BACK": 37},
}
"""0-based first column of each placement's sensor, and of the one that stands in for it."""
MOST_LOST = 0.5
"""A sensor that lost a larger part of a recording's labelled samples counts as missing."""

GESTURES = {
    406516: "open door 1",
    406517: "open door 2",
    404516: "close door 1",
    404517: "close door 2",
    406520: "open fridge",
    404520: "close fridge",
    406505: "open dishwasher",
    404505: "close dishwasher",
    406519: "open drawer 1",
    404519: "close drawer 1",
    406511: "open drawer 2",
    404511: "close drawer 2",
    406508: "open drawer 3",
    404508: "close drawer 3",
    408512: "clean table",
    407521: "drink from cup",
    405506: "toggle switch",
}
MODES = {1: "stand", 2: "walk", 4: "sit", 5: "lie"}


def _classes(table: Mapping[int, str]) -> tuple[ActivityClass, ...]:
    return tuple(ActivityClass(str(code), name) for code, name in table.items())


VARIANTS = {
    "default": _classes(GESTURES) + _classes(MODES),
    "gestures": _classes(GESTURES),
    "locomotion": _classes(MODES),
}
"""Default: the gestures of both arms, and the modes of locomotion where there is no gesture."""

TRAPS = (
    "The files of the OPPORTUNITY Challenge have the same names, fewer columns and other codes; "
    "they are not read.",
    "The sensors of the wrists are wireless and lose samples: a recording in which more than half "
    "of the labelled samples are lost is read from the unit on the same lower arm, and a note "
    "says so.",
    "The unit on the lower arm has axes of its own: in one domain the wrist's axes may mean "
    "different directions.",
    "The time stamps are whole milliseconds; where they are an even 30 Hz but for the rounding, "
    "they are read as even.",
    "Gestures are short: most last less than one window of 4 s.",
)
# fmt: off
FILES = tuple(
    PublishedFile(f"{recording}.dat", sha256, size)
    for recording, size, sha256 in (
        ("S1-ADL1", 51803164, "2b247432acbe4d3970f052c1e3e7ff8d2fc98ba5c49f95e2a0d63a32c553aab8"),
        ("S1-ADL2", 32761206, "cb7951936acb4637e27b3c8c95480341354a93ba90a5cce232526279d2f127ba"),
        ("S1-ADL3", 33899243, "118378e10af6bf042a65f7d14234993b9e1229ef12b4dc75afff1a79760f7132"),
        ("S1-ADL4", 34242592, "283cf48e4114b4fb05a7def13c29b5497a0e02947ca5855d831fc68b72eec1c8"),
        ("S1-ADL5", 30729238, "8519f3a4c09ee10c67215aef53520152355ddadf0d70b5b708998478b0c53a1c"),
        ("S1-Drill", 56321443, "26b5e4d9f40243cc64471592bf86a5a282b0bde864b1efcdd5699d5a7f00bf42"),
        ("S2-ADL1", 43165447, "38d76a30b49b6fff3dcc77cec676a19de5c252ed14c10b7400b4666997fa7f1f"),
        ("S2-ADL2", 30710584, "b30f15e8a1927cd19427e2b1028bc787df06810466fd548523fc6a11e2d01aed"),
        ("S2-ADL3", 34808274, "64eca28aa6cefc38e6362510f95d2a770d3a4e6c8b2326fd6608d7c10707240e"),
        ("S2-ADL4", 33124185, "25cd0d6eb7e0fd9a9786d213ffdac131f06a5279e24d78ff50b1621a3fa205d1"),
        ("S2-ADL5", 32398053, "2300842180e2640aa9512d602c0a7ba6ee1a4ef1999889b34bceb110dc5c5c0d"),
        ("S2-Drill", 54381079, "98e7ed170e860457198fd1346f4b284d7ae5983e5de78d3924273ec47fa8e78f"),
        ("S3-ADL1", 37810795, "1b15fc4766ba9a79f8ec97c15bb4cb128e7a2fd2c08f8dcb60dec65ca543e699"),
        ("S3-ADL2", 28329759, "a61b0418486f07114719d30ea6bf119e530f233d36d8eee7da542946b0358f4a"),
        ("S3-ADL3", 27222179, "ad976087c3c428f75d5a83df82640935323b3923eb8256466c99e7d2c556590a"),
        ("S3-ADL4", 27972830, "e2502620983c38ecb78b21ca232516decc64753ad476ea242d3cbebcba20e637"),
        ("S3-ADL5", 27048082, "8c66c65e561c4b2a8fb36d40cbca36cee246d6fad6072b097fcb3ee0ed8620fa"),
        ("S3-Drill", 72116889, "3f5c13d4e52ea96f218040480e68bdf279818e7ea99d7dba7a78c12f2e21f7f1"),
        ("S4-ADL1", 42129019, "9a9a6fedd1889f9210ff3ecc0d9ee9da602bd11a3a86f629ac06273a9b8bb98a"),
        ("S4-ADL2", 28272896, "022be538306b443096667f37909d2a4a6f69222ddd2381a63160efc6ef146a04"),
        ("S4-ADL3", 26254876, "f81f5d19cf3f76e531e2af5aab2333f6a776d82202869c740ee7791c1095fd7f"),
        ("S4-ADL4", 22661204, "d2f5bd0e2f770ef8cbc0e1b11cab1ea9fe537d1bef3586dc92c395fd47b1426d"),
        ("S4-ADL5", 31116303, "1ace7199f8a5285691a58326ded0a2932ea56d8f43da537ff23db0ad359e7ef6"),
        ("S4-Drill", 46154259, "9076c861d9b5ad94345abf61659064f8e7b94e73d29518ab30e156a30555a3bd"),
    )
)
# fmt: on
OCCURRENCES = {
    "406516": (38, 28, 28, 31),
    "406517": (35, 29, 28, 30),
    "404516": (36, 27, 26, 30),
    "404517": (34, 29, 27, 30),
    "406520": (47, 54, 56, 52),
    "404520": (47, 54, 58, 54),
    "406505": (28, 41, 33, 34),
    "404505": (27, 39, 33, 35),
    "406519": (32, 34, 30, 33),
    "404519": (32, 33, 30, 33),
    "406511": (33, 29, 29, 33),
    "404511": (33, 28, 29, 33),
    "406508": (36, 34, 32, 33),
    "404508": (36, 34, 33, 33),
    "408512": (25, 32, 22, 33),
    "407521": (88, 57, 68, 57),
    "405506": (57, 52, 47, 60),
}
COUNTS = PublishedCounts(
    title="occurrences of each gesture, ADL and Drill together",
    quantity="occurrences",
    expected=OCCURRENCES,
    subjects=("S1", "S2", "S3", "S4"),
    variant="gestures",
)


def read(
    tree: FileTree, options: ReadOptions, names: Names, found: Sentences
) -> Iterator[Recording]:
    """Yield one recording for every file."""
    sensors = SENSORS[options.placement]
    columns = [column for first in sensors.values() for column in range(first, first + 3)]
    for name in names:
        where = tree.where(name)
        _refuse_challenge(tree, name)
        values = read_numbers(tree, name, LAYOUT, (TIME, LOCOMOTION, GESTURE, *columns))
        mode = _codes(values[:, 1], MODES, LOCOMOTION, where)
        gesture = _codes(values[:, 2], GESTURES, GESTURE, where)
        sensor, lost = _sensor(values[:, 3:], (mode != 0) | (gesture != 0))
        recording = name.removesuffix(".dat")
        if sensor:
            preferred, chosen = next(iter(sensors)), list(sensors)[sensor]
            found.sentences.append(
                f"{recording}: {preferred} lost {lost:.0%} of the labelled samples; {chosen} is "
                "read instead."
            )
        subject, _, session = recording.partition("-")
        yield Recording(
            acceleration=to_g(values[:, 3 + 3 * sensor : 6 + 3 * sensor], MILLI_G, where),
            rate_hz=RATE_HZ,
            labels=_labels(mode, gesture, options.variant),
            subject=subject,
            session=session,
            placement=options.placement,
            time_s=_even(elapsed_s(values[:, 0], MILLISECONDS, where)),
        )


def _missing(_: FileTree, names: Names) -> Iterator[str]:
    if len(names) < len(FILES):
        yield f"{len(names)} of {len(FILES)} recordings were found."


def _notes(_: FileTree, _options: ReadOptions, found: Sentences) -> Iterator[str]:
    yield from found.sentences


def _refuse_challenge(tree: FileTree, name: str) -> None:
    with reading(tree, name) as file:
        columns = len(file.readline().split())
    if columns not in (0, LAYOUT.columns):
        raise DataFormatError(
            f"{columns} columns",
            where=f"{tree.where(name)}, line 1",
            expected=f"{LAYOUT.columns} columns; files of the OPPORTUNITY Challenge have the same "
            "names and fewer columns",
            todo=f"get {SPEC.archives[0]} from {SPEC.home}, not an archive of the Challenge",
        )


def _codes(
    codes: NDArray[np.float64], table: Mapping[int, str], column: int, where: str
) -> NDArray[np.int64]:
    wrong = np.flatnonzero(~np.isin(codes, (0, *table)))
    if len(wrong):
        raise DataFormatError(
            f"{codes[wrong[0]]:.15g} is not a label",
            where=f"{where}, line {wrong[0] + 1}, column {column + 1}",
            expected=f"one of {', '.join(map(str, (0, *table)))}",
            todo="fetch the file again, or compare it with the publisher's",
        )
    return codes.astype(np.int64)


def _sensor(values: NDArray[np.float64], labelled: NDArray[np.bool_]) -> tuple[int, float]:
    """Return which sensor to read, and the part of the labelled samples that the first lost."""
    if labelled.any():
        values = values[labelled]
    lost = np.isnan(values.reshape(len(values), -1, 3).sum(axis=2))
    parts = lost.mean(axis=0)
    return int(parts.argmin()) if parts[0] > MOST_LOST else 0, float(parts[0])


def _labels(mode: NDArray[np.int64], gesture: NDArray[np.int64], variant: str) -> NDArray[np.int16]:
    """A gesture comes before a mode of locomotion where a variant has both."""
    labels = np.full(len(mode), NO_LABEL, np.int16)
    for index, activity in enumerate(VARIANTS[variant]):
        code = int(activity.code)
        if code in GESTURES:
            labels[gesture == code] = index
        else:
            labels[(mode == code) & (labels == NO_LABEL)] = index
    return labels


def _even(time_s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Undo the rounding of times [n] to milliseconds if the samples were taken at an even rate."""
    even = np.rint(time_s * RATE_HZ) / RATE_HZ
    is_even = np.abs(time_s - even).max() <= 1 / MILLISECONDS and (np.diff(even) > 0).all()
    return np.asarray(even if is_even else time_s)


SPEC = DatasetSpec(
    name="opportunity",
    title="OPPORTUNITY Activity Recognition",
    licence="CC BY 4.0",
    citation="D. Roggen et al.: Collecting complex activity datasets in highly rich networked "
    "sensor environments. INSS 2010. R. Chavarriaga et al.: The Opportunity challenge: A "
    "benchmark database for on-body sensor-based activity recognition. Pattern Recognition "
    "Letters 34(15), 2013.",
    home="https://archive.ics.uci.edu/dataset/226/opportunity+activity+recognition",
    rate_hz=RATE_HZ,
    unit="milli-g",
    subjects=4,
    placements=tuple(SENSORS),
    variants=VARIANTS,
    patterns=PATTERNS,
    read=PartReader(partial(require, patterns=PATTERNS), read, Sentences, _missing, _notes),
    columns=f"{TIME + 1} time (ms), {LOCOMOTION + 1} mode of locomotion, {GESTURE + 1} gesture, "
    + three_from(
        {
            f"{placement}, {'instead ' * (place > 0)}{sensor}": first
            for placement, sensors in SENSORS.items()
            for place, (sensor, first) in enumerate(sensors.items())
        }
    ),
    files=FILES,
    archives=("opportunity+activity+recognition.zip", "OpportunityUCIDataset.zip"),
    folders=("OpportunityUCIDataset",),
    downloads=(from_uci(226, "opportunity+activity+recognition.zip"),),
    counts=COUNTS,
    traps=TRAPS,
)
