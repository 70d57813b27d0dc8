"""Proposals for folders with packed files."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from crosswear.datasets import lookup
from crosswear.datasets.propose import propose, write_proposal
from crosswear.datasets.tree import FolderTree


def put_people(root: Path, *names: str) -> None:
    """Write recordings of several labels under these names, packed where they end so."""
    rng = np.random.default_rng(0)
    for name in names:
        rows = [
            f"{i / 50},{x:.4f},{y:.4f},{z:.4f},{('sit', 'walk')[i >= 150]}\n"
            for i, (x, y, z) in enumerate(rng.normal((0, 0, 1), 0.004, (300, 3)))
        ]
        text = ("time,ax,ay,az,label\n" + "".join(rows)).encode()
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(text) if name.endswith("gz") else text)


@pytest.mark.parametrize(
    ("names", "files", "subjects", "left_out"),
    [
        (["user1.csv", "user2.csv", "user2.csv.gz"], ["*.csv"], ["user1", "user2"], "user2.csv.gz"),
        (["user1.csv", "user2.csv.gz"], ["*.csv", "*.csv.gz"], ["user1", "user2"], ""),
        (["user1_a.csv", "user2_b.csv.gz"], ["*.csv", "*.csv.gz"], ["user1", "user2"], ""),
        (["run/s1.csv", "run/s2.tsv.csv.gz"], ["*/*.csv", "*/*.csv.gz"], None, ""),
        (
            ["user1.csv", "user2.csv", "user2.csv.gz", "user3.csv.gz"],
            ["user1.csv", "user2.csv", "user3.csv.gz"],
            ["user1", "user2", "user3"],
            "user2.csv.gz",
        ),
        (["user1/a.csv", "user2/a.csv.gz"], ["*/*.csv", "*/*.csv.gz"], ["user1", "user2"], ""),
    ],
)
def test_plain_and_packed_files_lie_together(
    names: list[str], files: list[str], subjects: list[str] | None, left_out: str, tmp_path: Path
) -> None:
    put_people(tmp_path, *names)
    answers: dict[str, Any] = {"placement": "right_wrist"}
    proposal = propose(tmp_path, answers)
    found = {guess.key: guess.value for guess in proposal.guesses}
    assert found["files"] == files
    assert [left_out] * bool(left_out) == [
        note.split("'")[1] for note in proposal.notes if "lies beside it" in note
    ]
    if subjects is None:
        (question,) = proposal.questions
        assert question.key == "subject"
        return
    assert proposal.questions == ()
    spec, options = lookup(str(write_proposal(proposal, force=False)))
    recordings = spec.read(FolderTree(tmp_path), options, lambda sentence: None)
    assert [one.subject for one in recordings] == subjects
