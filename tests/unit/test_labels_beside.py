"""Labels in files beside the recordings: formats, clocks, overlaps, mappings."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from own_helpers import TOML, describe, fails, put, read, rows
from predict_helpers import BUNDLE, movement

from crosswear.core.errors import MissingDataError
from crosswear.datasets.propose import propose, try_out
from crosswear.deploy.recognise.inputs import Overrides, input_files
from generators import devices

BARE = TOML.replace('label = "what"\n', "")
STAMPS = BARE.replace('time_unit = "s"', 'time_unit = "datetime"')
S, W, NONE = 0, 1, -1
# At 50 Hz, rows 0 to 199 last 4 s: no label, sitting, walking, no label.
EXPECTED = [NONE] * 50 + [S] * 50 + [W] * 75 + [NONE] * 25
COLUMNS = "start,stop,label\n1.0,2.0,sit\n2.00,3.5,walk\n"


def recording(root: Path, labels: str, name: str = "a.labels.txt", keys: str = "") -> Path:
    """Write a recording and its labels, and describe both."""
    put(root, "a.csv", [line.rpartition(",")[0] for line in rows()], "t,x,y,z")
    (root / name).write_text(labels, "utf-8")
    table = f'[labels]\nfile = "{{name}}.labels.txt"\n{keys}\n[classes]'
    return describe(root, ("[classes]", table), toml=BARE)


def found(toml: Path) -> list[int]:
    [one] = read(toml)
    return one.labels.tolist()


ELAN = (
    "Tier\t\tBegin Time - hh:mm:ss.ms\tBegin Time - ss.msec\tEnd Time - hh:mm:ss.ms\t"
    "End Time - ss.msec\tActivity\n"
    "Activity\t\t00:00:01.000\t1.0\t00:00:02.000\t2.0\tsit\n"
    "Activity\t\t00:00:02.000\t2.0\t00:00:03.500\t3.5\twalk\n"
)
OTHER_TIER = "Other\t\t00:00:00.0\t0.0\t00:00:04.0\t4.0\trun\n"
RENAMED = "from;to;what\n0:00:01.0;0:00:02.0;sit\n2;3.5;walk\n"
BORIS = (
    "Observation id,first\nMedia file,video.mp4\n"
    "Time,Media file path,Subject,Behavior,Behavior type\n"
    "1.0,v.mp4,,sit,START\n1.7,v.mp4,,clap,POINT\n2.0,v.mp4,,walk,START\n2.0,v.mp4,,sit,STOP\n"
    "3.5,v.mp4,,walk,STOP\n"
)
AGGREGATED = (
    "Observation id,Subject,Behavior,Behavior type,Start (s),Stop (s),Duration (s)\n"
    "first,,sit,STATE,1.0,2.0,1.0\nfirst,,walk,STATE,2.0,3.5,1.5\nfirst,,clap,POINT,1.7,1.7,NA\n"
)
AUDACITY = "1.000000\t2.000000\tsit\n\\\t100.0\t200.0\n2.000000\t3.500000\twalk\n"
REGIONS = [
    {"start": 1.0, "end": 2.0, "instant": False, "timeserieslabels": ["sit"]},
    {"start": 2.0, "end": 3.5, "instant": False, "timeserieslabels": ["walk"]},
]
STUDIO = json.dumps(
    [
        {
            "id": 1,
            "data": {"csv": "/data/upload/1/0a1b2c3d-a.csv"},
            "annotations": [
                {"result": [{"type": "timeserieslabels", "value": one} for one in REGIONS]}
            ],
        }
    ]
)
STUDIO_MIN = json.dumps([{"id": 1, "csv": "/data/upload/1/0a1b2c3d-a.csv", "label": REGIONS}])


@pytest.mark.parametrize(
    ("labels", "keys"),
    [
        (COLUMNS, ""),
        (RENAMED, 'separator=";"\nstart="from"\nstop="to"\nlabel="what"'),
        ("start,stop,label\n50,100,sit\n100,175,walk\n", 'times="samples"'),
        ("start,stop,label\n1000,2000,sit\n2000,3500,walk\n", 'time_unit="ms"'),
        ("start,stop,label\n0.5,1.5,sit\n1.5,3,walk\n", "offset_s=0.5"),
        (ELAN, 'format="elan"'),
        ("Activity\t\t1000\t2000\tsit\nActivity\t\t2000\t3500\twalk\n", 'format="elan"'),
        (ELAN + OTHER_TIER, 'format="elan"\ntier="Activity"'),
        (BORIS, 'format="boris"'),
        (AGGREGATED, 'format="boris"'),
        (AUDACITY, 'format="audacity"'),
        (STUDIO, 'format="label-studio"'),
        (STUDIO_MIN, 'format="label-studio"'),
    ],
)
def test_formats_and_times(labels: str, keys: str, tmp_path: Path) -> None:
    assert found(recording(tmp_path, labels, keys=keys)) == EXPECTED


def test_absolute_times_and_clocks_that_differ(tmp_path: Path) -> None:
    start = np.datetime64("2024-03-01T10:00:00.000")
    lines = [f"{start + 20 * i},0,0,1" for i in range(200)]
    put(tmp_path, "a.csv", lines, "t,x,y,z")
    for keys, shift in (
        ('time_unit = "datetime"', "2024-03-01T10:00:{:06.3f}"),
        ('time_unit = "datetime"\noffset_s = 3600', "2024-03-01 09:00:{:06.3f}"),
        ('time_unit = "s"', "{}"),
    ):
        times = [1, 2, 3.5] if "{:06" in shift else [1709287200 + t for t in (1, 2, 3.5)]
        first, second, third = (shift.format(t) for t in times)
        text = f"start,stop,label\n{first},{second},sit\n{second},{third},walk\n"
        (tmp_path / "a.labels.txt").write_text(text, "utf-8")
        table = f'[labels]\nfile = "{{stem}}.labels.txt"\ntimes = "absolute"\n{keys}\n[classes]'
        assert found(describe(tmp_path, ("[classes]", table), toml=STAMPS)) == EXPECTED


@pytest.mark.parametrize(
    ("overlap", "expected"),
    [("first", [S] * 100 + [W] * 50), ("last", [S] * 50 + [W] * 100)],
)
def test_what_counts_where_two_overlap(overlap: str, expected: list[int], tmp_path: Path) -> None:
    labels = "start,stop,label\n1,3,walk\n0,2,sit\n"
    toml = recording(tmp_path, labels, keys=f'overlap = "{overlap}"')
    assert found(toml) == expected + [NONE] * 50
    toml = recording(tmp_path, labels)
    fails(toml, "line 2", "line 3", "'walk' begins before 'sit' stops", "labels.overlap")


def test_one_file_for_all_recordings(tmp_path: Path) -> None:
    for name in ("a", "b"):
        put(tmp_path, f"{name}.csv", [line.rpartition(",")[0] for line in rows()], "t,x,y,z")
    text = "file,start,stop,label\nb.csv,0,4,walk\na,0,4,sit\n"
    (tmp_path / "all.tsv").write_text(text.replace(",", "\t"), "utf-8")
    table = '[labels]\nfile="all.tsv"\nseparator="\\t"\nrecording="file"\n[classes]'
    a, b = read(describe(tmp_path, ("[classes]", table), toml=BARE))
    assert set(a.labels.tolist()) == {S}
    assert set(b.labels.tolist()) == {W}


@pytest.mark.parametrize(
    ("labels", "keys", "fragments"),
    [
        ("start,stop,label\n", "", ["no label is in it"]),
        ("start,end,label\n1,2,sit\n", "", ["line 1", "no column 'stop'", "'end'"]),
        ("start,stop,label\n1,two,sit\n", "", ["line 2", "'two' is no time in s"]),
        ("start,stop,label\n1,2\n", "", ["line 2", "2 columns"]),
        ("start,stop,label\n3,2,sit\n", "", ["line 2", "stops at 2"]),
        ("start,stop,label\n100,200,sit\n", "", ["none of its 1 labels", "offset_s"]),
        ("start,stop,label\n1,2,swim\n", "", ["a.labels.txt", "'swim' is not in the class table"]),
        (ELAN + OTHER_TIER, 'format="elan"', ["2 tiers", "'Activity', 'Other'"]),
        (BORIS[:-21], 'format="boris"', ["'walk' begins and does not stop"]),
        ("{}", 'format="label-studio"', ["no label is in it"]),
        ("[1]", 'format="label-studio"', ["not as Label Studio"]),
        ("1\t2\n", 'format="audacity"', ["line 1", "2 columns"]),
        (COLUMNS, 'time_unit="datetime"', ["labels.time_unit"]),
        (COLUMNS, 'format="elan"', ["line 2", "0 times"]),
    ],
)
def test_wrong_files_of_labels_are_named(
    labels: str, keys: str, fragments: list[str], tmp_path: Path
) -> None:
    fails(recording(tmp_path, labels, keys=keys), *fragments)


def test_files_of_labels_are_no_recordings(tmp_path: Path) -> None:
    toml = recording(tmp_path, COLUMNS, "a.labels.csv")
    toml.write_text(toml.read_text("utf-8").replace(".labels.txt", ".labels.csv"), "utf-8")
    assert found(toml) == EXPECTED
    sources = input_files(tmp_path, Overrides(), None, BUNDLE.manifest)
    assert [source.name for source in sources] == ["a.csv"]


def test_a_recording_without_labels_is_named(tmp_path: Path) -> None:
    toml = recording(tmp_path, COLUMNS)
    (tmp_path / "a.labels.txt").unlink()
    with pytest.raises(MissingDataError, match=r"a\.labels\.txt"):
        read(toml)


def test_labels_are_mapped_by_a_table_and_by_patterns(tmp_path: Path) -> None:
    labels = "start,stop,label\n0,1,7030 sleeping;MET 0.95\n1,2,home;walking\n2,3,run fast\n"
    toml = recording(tmp_path, labels)
    text = toml.read_text("utf-8").replace("[columns]", 'class_file = "map.csv"\n[columns]')
    text = text[: text.index("[classes]")] + "[class_patterns]\n'^run|walk' = \"moving\"\n"
    toml.write_text(text, "utf-8")
    (tmp_path / "map.csv").write_text("label,class\n7030 sleeping;MET 0.95,resting\n", "utf-8")
    [one] = read(toml)
    assert one.labels.tolist() == [0] * 50 + [1] * 100 + [NONE] * 50
    (tmp_path / "map.csv").write_text("label,class\na,b\na,c\n", "utf-8")
    with pytest.raises(Exception, match="'a' is 'b' and 'c'"):
        read(toml)


def test_data_new_takes_labels_beside_device_files(tmp_path: Path) -> None:
    for name in ("s01", "s02"):
        devices.write_gt3x(tmp_path / f"{name}.gt3x", movement(40, rate_hz=30))
        (tmp_path / f"{name}.txt").write_text("0\t20\tsit\n20\t39\twalk\n", "utf-8")
    path = r"(?P<subject>s\d+)\.gt3x"
    answers = {"placement": "hip", "path": path, "labels.file": "{name}.txt"}
    proposal = propose(tmp_path, answers)
    assert proposal.questions == ()
    tried = try_out(proposal)
    assert tried.subjects == ("s01", "s02")
    assert tried.minutes == pytest.approx({"sit": 40 / 60, "walk": 38 / 60})
