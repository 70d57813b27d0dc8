"""Tables that answer a question of their own study: the recipe for few labels, the placements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product

from crosswear.core.markdown import table
from crosswear.evidence import phrases
from crosswear.evidence.by_recipe import Kind, learning_method_of
from crosswear.evidence.pairing import paired_finding, pooled
from crosswear.evidence.scores import ScoreKey, holm, scores_of
from crosswear.evidence.statements import LearningMethod
from crosswear.grid.experiment import UNTRAINED
from crosswear.report.evidence_index import EvidenceIndex
from result_tables import findings_table, mean, records_of

TWINS = {
    "right_arm": "left_arm",
    "left_arm": "right_arm",
    "right_leg": "left_leg",
    "left_leg": "right_leg",
}
"""Limbs of the two sides, as studies/placements.toml calls them."""


def _against(
    index: EvidenceIndex, ours: Kind, others: Sequence[Kind], compared: Sequence[Kind], name: str
) -> str:
    """Return the scores of some methods on each target, and `ours` against those of `compared`."""
    study = index.evidence.study
    scores = scores_of(records_of(index))
    kinds = (*others, ours)
    places = [(target, size) for target in index.targets for size in index.sizes]

    def key(target: str, size: int, kind: Kind) -> ScoreKey:
        return ScoreKey(target, size, learning_method_of(study, target, kind))

    contrasts = holm(
        scores.contrast(key(*place, ours), key(*place, kind))
        for place in places
        for kind in compared
    )
    rows = []
    for number, (target, size) in enumerate(places):
        found = [
            index.score(target, size, learning_method_of(study, target, kind)) for kind in kinds
        ]
        against = contrasts[number * len(compared) : (number + 1) * len(compared)]
        gains = [f"{phrases.gain(one)} {phrases.sign(one)}" for one in against]
        rows.append((target, f"{size}", *(mean([one]) for one in found), *gains))
    labels = [learning_method_of(study, index.targets[0], kind).label for kind in kinds]
    headings = ("target", "windows", *labels, *(f"over {kind}" for kind, _ in compared))
    known = [one for one in contrasts if one]
    ahead = sum(one.difference.value > 0 for one in known)
    effects = Counter(phrases.compared(one) for one in known)
    return (
        f"{table(headings, rows, 1)}\n\n{name} is ahead in {ahead} of {len(known)} "
        f"comparisons, after Holm's correction significantly better in {effects['better']} and "
        f"worse in {effects['worse']}."
    )


def recipe(index: EvidenceIndex) -> str:
    """Compare the whitened vote with the other classical methods."""
    others = [("forest", False), ("extra-trees", False), ("minirocket", False)]
    others += [("minirocket", True), ("vote", False)]
    beaten = [("forest", False), ("minirocket", False)]
    return _against(index, ("vote", True), others, beaten, "The whitened vote")


def hydra(index: EvidenceIndex) -> str:
    """Compare Hydra with MultiRocket with MiniRocket and the vote."""
    others = [("minirocket", False), ("vote", False)]
    ours = ("hydra-multirocket", False)
    return _against(index, ours, others, others, "Hydra with MultiRocket")


def pairs(index: EvidenceIndex) -> str:
    """Gain over scratch on each target from each source, beside what else has the same labels."""
    trained = index.trained_sources
    judged = {(one.target, one.size, one.source): one for one in index.evidence.verdicts}
    rows = []
    for target in index.targets:
        for size in index.sizes:
            scores = [
                index.score(target, size, LearningMethod(one)) for one in ("forest", "minirocket")
            ]
            others = (*scores, index.scratch(target, size))
            found = [judged.get((target, size, source)) for source in trained]
            gains = [one.over_scratch if one else None for one in found]
            cells = [f"{phrases.sign(one)} {phrases.gain(one)}" if one else "" for one in gains]
            rows.append((target, f"{size}", *(mean([one]) for one in others), *cells))
    headings = ("target", "windows", "forest", "MiniRocket", "scratch")
    return table((*headings, *(f"from {one}" for one in trained)), rows, 1)


def mirrored(index: EvidenceIndex) -> str:
    """Compare the limb of the other side, as a source, with other places of the body."""
    study = index.evidence.study
    counts = scores_of(records_of(index)).counts
    by_target = {}
    for target, twin in TWINS.items():
        others = [one for one in study.sources if one not in (target, twin, UNTRAINED)]
        keys = (
            [
                ScoreKey(target, size, LearningMethod("network", one, blocks))
                for one in (twin, other)
            ]
            for size, blocks, other in product(index.sizes, study.judged_blocks, others)
        )
        by_target[target] = pooled((counts[ours], counts[theirs]) for ours, theirs in keys)
    found = paired_finding(
        "mirrored",
        "Is the limb of the other side a better source than other places?",
        "transfer from the other side's limb less that from another place, over sizes and blocks,",
        by_target,
    )
    return findings_table([found] if found else [])
