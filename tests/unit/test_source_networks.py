"""The report of the source networks themselves."""

from __future__ import annotations

from dataclasses import replace

from crosswear.core.recording import ACCELEROMETER, Sensors
from crosswear.evidence.gather import gather
from crosswear.evidence.statements import Score
from crosswear.grid.experiment import Cell
from crosswear.report import readable
from crosswear.report.evidence_index import EvidenceIndex
from crosswear.report.text_report import markdown
from generators.records import planted_records

STUDY = """
name = "planted"
[domains]
a = "simulated-daily"
b = "simulated-gestures"
c = "simulated-sports"
[grid]
sizes = [20]
blocks = [0]
splits = 2
sources = ["a", "b+c"]
"""


def share(cell: Cell) -> float:
    return {"a": 0.9, "b+c": 0.6}.get(cell.target, 0.3)


def found(keep: object = None) -> dict[tuple[str, str], Score]:
    records = planted_records(share, STUDY)
    if keep is not None:
        observed = {k: o for k, o in records.observed.items() if o.cell != keep}
        records = replace(records, observed=observed)
    return {(one.approach.source, one.target): one for one in gather(records).source_networks}


def test_joint_sources_are_scored_on_each_of_their_domains() -> None:
    rows = found()
    assert list(rows) == [("a", "a"), ("b+c", "b"), ("b+c", "c")]
    for (name, _), row in rows.items():
        assert row.micro_f1 is not None
        assert row.micro_f1.low is not None
        assert row.micro_f1.high is not None
        assert row.micro_f1.low < row.micro_f1.value < row.micro_f1.high
        assert abs(row.micro_f1.value - (0.9 if name == "a" else 0.6)) < 0.08
        assert row.majority_f1 is not None
        assert 0.1 < row.majority_f1 < 0.5


def test_nothing_is_said_before_every_split_is_done() -> None:
    records = planted_records(share, STUDY)
    some = next(one.cell for one in records.observed.values() if one.cell.target == "b+c")
    rows = found(some)
    unknown = rows["b+c", "b"]
    assert unknown.micro_f1 is unknown.macro_f1 is unknown.majority_f1 is None
    assert rows["a", "a"].micro_f1 is not None


def test_the_report_says_what_transfers_between_different_sensors_carry() -> None:
    records = planted_records(share, STUDY)
    both: Sensors = ("accelerometer", "gyroscope")
    wider = replace(
        records,
        domains={
            (name, split): replace(summary, sensors=both if name == "a" else ACCELEROMETER)
            for (name, split), summary in records.domains.items()
        },
    )
    assert not readable.sensors(gather(records)).rows
    assert readable.sensors(gather(wider)).rows == (
        ("b+c", "a", "accelerometer", "gyroscope, dense layers", "–"),
        ("a", "b", "accelerometer", "dense layers", "gyroscope"),
        ("a", "c", "accelerometer", "dense layers", "gyroscope"),
    )
    text = markdown(EvidenceIndex(gather(wider)))
    assert "| b+c    | a    | accelerometer | gyroscope, dense layers |" in text
