"""Tables that answer a question of their own study: the recipe for few labels, the placements."""

from __future__ import annotations

from collections import Counter
from itertools import product

from crosswear.evidence import words
from crosswear.evidence.by_recipe import Kind, learning_method_of
from crosswear.evidence.model import LearningMethod
from crosswear.evidence.pairing import paired_finding, pooled
from crosswear.evidence.scores import ScoreKey, holm, scores_of
from crosswear.grid.experiment import UNTRAINED
from crosswear.report.evidence_index import EvidenceIndex
from result_tables import markdown, mean, records_of, told

TWINS = {
    "right_arm": "left_arm",
    "left_arm": "right_arm",
    "right_leg": "left_leg",
    "left_leg": "right_leg",
}
"""Limbs of the two sides, as studies/placements.toml calls them."""


def recipe(board: EvidenceIndex) -> str:
    """The classical methods, and the whitened vote against the forest and MiniRocket."""
    study = board.evidence.study
    scores = scores_of(records_of(board))
    kinds: tuple[Kind, ...] = (
        *(("forest", False), ("extra-trees", False), ("minirocket", False)),
        *(("minirocket", True), ("vote", False), ("vote", True)),
    )
    beaten: tuple[Kind, ...] = (("forest", False), ("minirocket", False))
    places = [(target, size) for target in board.targets for size in board.sizes]

    def question(target: str, size: int, kind: Kind) -> ScoreKey:
        return ScoreKey(target, size, learning_method_of(study, target, kind))

    contrasts = holm(
        scores.contrast(question(*place, ("vote", True)), question(*place, kind))
        for place in places
        for kind in beaten
    )
    rows = []
    for (target, size), *against in zip(places, contrasts[::2], contrasts[1::2], strict=True):
        found = [
            board.score(target, size, learning_method_of(study, target, kind)) for kind in kinds
        ]
        gains = [f"{words.gain(one)} {words.sign(one)}" for one in against]
        rows.append((target, f"{size}", *(mean([one]) for one in found), *gains))
    labels = [learning_method_of(study, board.targets[0], kind).label for kind in kinds]
    headings = ("target", "windows", *labels, "over forest", "over minirocket")
    known = [one for one in contrasts if one]
    ahead = sum(one.difference.mean > 0 for one in known)
    effects = Counter(words.compared(one) for one in known)
    return (
        f"{markdown(headings, rows, 1)}\n\nThe whitened vote is ahead in {ahead} of {len(known)} "
        f"comparisons, after Holm's correction significantly better in {effects['better']} and "
        f"worse in {effects['worse']}."
    )


def pairs(board: EvidenceIndex) -> str:
    """Gain over scratch on each target from each source, beside what else has the same labels."""
    trained = board.trained_sources
    judged = {(one.target, one.size, one.source): one for one in board.evidence.verdicts}
    rows = []
    for target in board.targets:
        for size in board.sizes:
            scores = [
                board.score(target, size, LearningMethod(one)) for one in ("forest", "minirocket")
            ]
            others = (*scores, board.scratch(target, size))
            found = [judged.get((target, size, source)) for source in trained]
            gains = [one.over_scratch if one else None for one in found]
            cells = [f"{words.sign(one)} {words.gain(one)}" if one else "" for one in gains]
            rows.append((target, f"{size}", *(mean([one]) for one in others), *cells))
    headings = ("target", "windows", "forest", "MiniRocket", "scratch")
    return markdown((*headings, *(f"from {one}" for one in trained)), rows, 1)


def mirrored(board: EvidenceIndex) -> str:
    """Whether a limb's twin is a better source than other places of the body."""
    study = board.evidence.study
    hits = scores_of(records_of(board)).hits
    by_target = {}
    for target, twin in TWINS.items():
        others = [one for one in study.sources if one not in (target, twin, UNTRAINED)]
        questions = (
            [
                ScoreKey(target, size, LearningMethod("network", one, blocks))
                for one in (twin, other)
            ]
            for size, blocks, other in product(board.sizes, study.judged_blocks, others)
        )
        by_target[target] = pooled((hits[ours], hits[theirs]) for ours, theirs in questions)
    found = paired_finding(
        "mirrored",
        "Is the limb of the other side a better source than other places?",
        "transfer from the other side's limb less that from another place, over sizes and blocks,",
        by_target,
    )
    return told([found] if found else [])
