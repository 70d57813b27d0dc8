"""Tables that answer a question of their own study: the recipe for few labels, the placements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import product

import numpy as np

from crosswear.core.intervals import points
from crosswear.core.markdown import table
from crosswear.evidence import phrases
from crosswear.evidence.by_recipe import Kind, learning_method_of
from crosswear.evidence.inference import mean_over
from crosswear.evidence.pairing import paired_finding, pooled
from crosswear.evidence.scores import ScoreKey, holm, scores_of
from crosswear.evidence.statements import LearningMethod
from crosswear.grid.experiment import UNTRAINED
from crosswear.report.evidence_index import EvidenceIndex
from result_tables import findings_table, mean, records_of

EVERYDAY = ("selfback", "wisdm_watch")
"""Targets of walking, sitting and the like."""
FEW = (20, 50)
"""Windows."""

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


def stacked(index: EvidenceIndex) -> str:
    """Compare the whitened stack with the vote and with the best of its members.

    The best member is chosen on the test windows, which favours it.
    """
    study, scores = index.evidence.study, scores_of(records_of(index))
    places = [(target, size) for target in index.targets for size in index.sizes]
    rows, contrasts, gains = [], [], {}
    for target, size in places:
        whitened = "+".join(study.others(target))
        vote, stack = LearningMethod("vote", whitened), LearningMethod("stack", whitened)
        members = [LearningMethod("extra-trees")]
        members += [LearningMethod(name, whitened) for name in ("minirocket", "kernel")]
        members += [LearningMethod("encoder", name) for name in study.encoders]
        others = (LearningMethod("hydra-multirocket"), vote, stack)
        methods = [ScoreKey(target, size, one) for one in (*members, *others)]
        shares = {one: scores.counts[one].share().value for one in methods}
        best = max(methods[: len(members)], key=lambda one: shares[one])
        contrasts += [scores.contrast(methods[-1], other) for other in (methods[-2], best)]
        gains[target, size] = shares[methods[-1]] - shares[methods[-2]]
        rows.append([target, f"{size}", *(mean([scores.by_key[one]]) for one in methods)])
    corrected = holm(contrasts)
    over_vote, over_best = corrected[::2], corrected[1::2]
    for row, *both in zip(rows, over_vote, over_best, strict=True):
        row += [f"{phrases.gain(one)} {phrases.sign(one)}" for one in both]
    by_target = [
        float(np.mean([gains[target, size] for size in index.sizes])) for target in index.targets
    ]
    usual = points(mean_over(by_target).value)
    few = points(float(np.mean([gains[place] for place in product(EVERYDAY, FEW)])))
    members = ("extra-trees", "MiniRocket", "kernel", *study.encoders)
    headings = ("target", "windows", *members, "Hydra", "vote", "stack")
    effects = [Counter(map(phrases.compared, some)) for some in (over_vote, over_best)]
    return (
        f"{table((*headings, 'over the vote', 'over the best member'), rows, 1)}\n\n"
        f"Over the vote it gains {usual} points over the targets, {few} at 20 and 50 "
        f"windows on everyday activities. After Holm's correction it is better than the vote "
        f"in {effects[0]['better']} of {len(rows)} comparisons and worse in "
        f"{effects[0]['worse']}, better than the best member in {effects[1]['better']} and worse "
        f"in {effects[1]['worse']}."
    )
