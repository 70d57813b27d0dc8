"""Cross-validation within a time budget: every classical classifier, and the better networks.

Networks run fold by fold, and after each fold the better half continues: successive halving
(Jamieson and Talwalkar, "Non-stochastic best arm identification", 2016) with folds in place of
iterations.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from crosswear.adaptation.budget import Budget
from crosswear.adaptation.learners import Floats, Learner, TrainingData
from crosswear.core.texts import Note, counted
from crosswear.signal.folds import Fold

CLASSICAL_SHARE = 0.5
"""Of the budget, at most, if networks take part."""
CURVE_SHARE = 0.1
"""Of the budget, at most, for the learning curve of a classical classifier."""
FINAL_TRAINING = 1.3
"""In trainings of a fold: the chosen network trains once more, on the windows of all folds."""


@dataclass(eq=False)
class Evaluation:
    """The cross-validation of a candidate.

    Attributes:
        learner: the candidate.
        out_of_fold: class probabilities [N, C] from folds that did not train on the window; NaN
            for windows of folds that did not run.
        folds: number of folds that ran.
        seconds: how long they took.
        correct, tested: numbers of windows.
    """

    learner: Learner
    out_of_fold: Floats
    folds: int = 0
    seconds: float = 0.0
    correct: int = 0
    tested: int = 0

    def run(self, fold: Fold, y: NDArray[np.integer]) -> None:
        """Train on a fold's windows and classify its test windows."""
        start = time.perf_counter()
        self.out_of_fold[fold.test] = self.learner.probabilities(fold.train, fold.test)
        answers = self.out_of_fold[fold.test].argmax(axis=1)
        self.correct += int((answers == y[fold.test]).sum())
        self.tested += len(fold.test)
        self.folds += 1
        self.seconds += time.perf_counter() - start

    @property
    def accuracy(self) -> float:
        """Share of windows classified correctly so far; 0 before the first fold."""
        return self.correct / max(self.tested, 1)


def evaluate_candidates(
    classical: Sequence[Learner],
    networks: Sequence[Learner],
    folds: Sequence[Fold],
    data: TrainingData,
    budget_s: float,
    note: Note,
) -> tuple[list[Evaluation], list[Fold]]:
    """Cross-validate the candidates as far as the budget allows.

    Args:
        classical: candidates that run all folds.
        networks: candidates by successive halving, the most important first.
        folds: train and test windows.
        data: the labelled windows.
        budget_s: seconds for all of it.
        note: takes a sentence about each restriction by the budget.

    Returns:
        The evaluation of each candidate, and the folds that ran: fewer if time is short.
        Candidates that ran all of them are comparable.
    """
    budget = Budget(budget_s)

    def evaluation(learner: Learner) -> Evaluation:
        return Evaluation(learner, np.full((len(data.y), data.classes), np.nan))

    tried = [evaluation(learner) for learner in classical]
    run = _cross_validate(tried, folds, data, budget)

    live = [evaluation(learner) for learner in networks]
    evaluations = [*tried, *live]
    windows = int(np.mean([len(fold.train) for fold in run]))
    costs: dict[str, float] = {}
    # If a classical classifier is chosen: its final training, and no more for its learning curve
    # than for its folds.
    final_s = max((one.seconds(len(data.y)) for one in classical), default=0.0)
    curve_s = max((one.seconds for one in tried), default=0.0)
    reserved_s = final_s + min(curve_s, CURVE_SHARE * budget_s)
    for one in live:
        if budget.left > 0:
            costs[one.learner.name] = one.learner.seconds(windows)
    live = [one for one in live if one.learner.name in costs]
    if len(run) < len(folds):
        note(f"time for {len(run)} of {len(folds)} folds: a longer budget gives a surer score")
    for number, fold in enumerate(run):
        live = _affordable(live, costs, len(run) - number, budget.left - reserved_s)
        for one in live:
            one.run(fold, data.y)
        live = sorted(live, key=lambda one: -one.accuracy)[: max(1, (len(live) + 1) // 2)]
    skipped = [one.learner.name for one in evaluations if not one.folds]
    if skipped:
        known = [costs[name] * len(run) for name in skipped if name in costs]
        needed = (
            f"; to try them takes about {sum(known):.0f} s more"
            if len(known) == len(skipped)
            else "; nor was there time to estimate how long they take"
        )
        of = counted(len(networks), "network")
        note(f"no time to try {len(skipped)} of {of} (those with 0 folds){needed}")
    return evaluations, run


def affordable_folds(
    classical: Sequence[Learner],
    networks: Sequence[Learner],
    folds: int,
    windows: int,
    budget_s: float,
) -> int:
    """Return how many folds fit into a budget by the timings of the candidates, at least 2.

    Networks take part if there is time for one of them in all folds. Folds become fewer before any
    of them runs, and hold more people each: if folds were left out instead, the expected score
    would be that of the few people who were tested.

    Args:
        classical: candidates that run all folds.
        networks: candidates that may run them: from scratch, then those with most frozen blocks.
        folds: number of folds without a limit of time.
        windows: number of labelled windows.
        budget_s: seconds for all of it.
    """
    fold_s = max(sum(one.seconds(windows) for one in classical), 1e-6)

    def within(share: float) -> int:
        return min(folds, max(2, int(share * budget_s / fold_s) - 1))  # and the final training

    beside = within(CLASSICAL_SHARE)
    if beside == folds:
        return folds
    network_s = min((one.seconds(windows) for one in networks[:2]), default=np.inf)
    has_time = (beside + FINAL_TRAINING) * network_s <= (1 - CLASSICAL_SHARE) * budget_s
    return beside if has_time else within(1 - CURVE_SHARE)


def _cross_validate(
    tried: Sequence[Evaluation], folds: Sequence[Fold], data: TrainingData, budget: Budget
) -> list[Fold]:
    """Run the folds, two at least; return those that ran: all, unless the timings were too low."""
    run: list[Fold] = []
    for fold in folds:
        fold_s = sum(one.seconds for one in tried) / max(len(run), 1)
        final_s = max((one.learner.seconds(len(data.y)) for one in tried), default=0.0)
        if len(run) > 1 and budget.left - fold_s < final_s:
            break
        for one in tried:
            one.run(fold, data.y)
        run.append(fold)
    return run


def _affordable(
    live: Sequence[Evaluation], costs: dict[str, float], folds: int, seconds: float
) -> list[Evaluation]:
    """Drop the most expensive candidates until the others can run all folds, halved each time."""
    kept = list(live)
    while kept:
        dearest = sorted((costs[one.learner.name] for one in kept), reverse=True)
        total, count = FINAL_TRAINING * dearest[0], len(dearest)
        for _ in range(folds):
            total += sum(dearest[:count])
            count = max(1, (count + 1) // 2)
        if total <= seconds:
            break
        # Among equally expensive ones the last: the network from scratch is the first.
        kept.remove(max(reversed(kept), key=lambda one: costs[one.learner.name]))
    return kept
