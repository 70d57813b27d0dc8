"""How many blocks are best, and whether more labels want fewer of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np
from scipy import stats

from crosswear.core.texts import counted
from crosswear.evidence.inference import FEWEST, finding, mean_over, rank_correlation
from crosswear.evidence.model import ALPHA, SCRATCH, Finding, Support
from crosswear.evidence.scores import ScoreKey, Scores
from crosswear.evidence.verdicts import transfer_of
from crosswear.grid.experiment import StudyDesign

Gains = dict[str, list[float]]
"""By target: of each number of blocks, the mean gain over scratch of all sources."""


def block_findings(study: StudyDesign, scores: Scores) -> Iterator[Finding]:
    """The best number of blocks at each size, then their trend over the sizes."""
    blocks = study.judged_blocks
    sizes = sorted({question.size for question in scores.by_question})
    if len(blocks) < 2:
        return
    table = {size: _gains(study, scores, blocks, size) for size in sizes}
    for size, gains in table.items():
        if gains:
            yield _best(size, blocks, gains)
    targets = [target for target in study.domains if all(target in one for one in table.values())]
    if len(sizes) >= FEWEST and targets:
        yield _trend(sizes, blocks, [[table[size][t] for size in sizes] for t in targets])


def _best(size: int, blocks: Sequence[int], gains: Gains) -> Finding:
    means = np.mean(list(gains.values()), axis=0)
    best, worst = int(np.argmax(means)), int(np.argmin(means))
    difference = mean_over([one[best] - one[worst] for one in gains.values()])
    test = replace(difference, p=_friedman(list(gains.values())))  # of all, none of them chosen
    decided = test.p is not None and test.p < ALPHA
    support: Support = "supported" if decided else "undecided"
    return finding(
        name=f"blocks_{size}",
        question=f"Does the number of transferred blocks matter with {size} windows?",
        test=test,
        support=support,
        answer=f"the mean is highest with {counted(blocks[best], 'block')} "
        f"and lowest with {blocks[worst]}, by {test.points()}, over {test.n} targets. Both are "
        "chosen on these scores, which makes the difference look larger than it is.",
        measure="difference of micro-F1; p: Friedman's test of all numbers of blocks",
    )


def _friedman(gains: Sequence[Sequence[float]]) -> float | None:
    """Whether any number of blocks differs, over the targets; None with too few of either."""
    if len(gains) < FEWEST or len(gains[0]) < FEWEST or np.ptp(gains, axis=1).max() == 0:
        return None
    return float(stats.friedmanchisquare(*zip(*gains, strict=True)).pvalue)


def _trend(
    sizes: Sequence[int], blocks: Sequence[int], gains: Sequence[list[list[float]]]
) -> Finding:
    """`gains`: of each target, by size, of each number of blocks."""
    best = [[blocks[int(np.argmax(one))] for one in target] for target in gains]
    test = mean_over([rank_correlation(sizes, one) for one in best]).within_one()
    support = test.support(-1)
    return finding(
        name="blocks_by_size",
        question="Do more labels want fewer transferred blocks?",
        test=test,
        support=support,
        answer=f"{test.rho()} of the size with the best number of blocks, "
        f"mean over {test.n} targets.",
        measure="mean Spearman's rho",
    )


def _gains(study: StudyDesign, scores: Scores, blocks: Sequence[int], size: int) -> Gains:
    """Of targets that have all scores at that size."""
    gains = {}
    for target in study.domains:
        scratch = scores.by_question[ScoreKey(target, size, SCRATCH)].micro_f1
        rows = [
            [scores.by_question[transfer_of(study, target, size, s, k)] for k in blocks]
            for s in study.trained_origins(target)
        ]
        means = [[one.micro_f1.mean for one in row if one.micro_f1] for row in rows]
        if scratch and means and all(len(row) == len(blocks) for row in means):
            gains[target] = [float(one) - scratch.mean for one in np.mean(means, axis=0)]
    return gains
