"""How well the source networks know what they have learned: what there is to transfer."""

from __future__ import annotations

from collections import defaultdict

from crosswear.evidence.model import LearningMethod, Score
from crosswear.evidence.records import Observed, StudyRecords
from crosswear.evidence.scores import ScoreKey, score_all
from crosswear.grid.methods import Role


def source_networks_of(records: StudyRecords) -> tuple[Score, ...]:
    """Score every source network on every domain that it has learned, in the study's order."""
    repetitions: dict[ScoreKey, list[Observed | None]] = defaultdict(list)
    for key, cell in records.cells():
        if cell.role is Role.SOURCE:
            done = records.on_each_domain(key) if key in records.observed else {}
            for domain in cell.targets:
                question = ScoreKey(domain, 0, LearningMethod(cell.method, cell.target))
                repetitions[question].append(done.get(domain))
    scores = score_all(records, repetitions).by_question
    return tuple(scores[question] for question in repetitions)
