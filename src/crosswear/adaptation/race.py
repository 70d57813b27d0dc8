"""A race within a time budget: the classical classifiers always, of the networks the better ones.

Networks run fold by fold, and after each fold the better half goes on: successive halving (Jamieson
and Talwalkar, "Non-stochastic best arm identification", 2016) with folds in place of iterations.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from crosswear.adaptation.folds import Fold
from crosswear.adaptation.learners import Floats, Learner
from crosswear.core.texts import Note, counted

CLASSICAL_SHARE = 0.5
"""Of the budget, at most, before the folds become fewer."""


@dataclass(eq=False)
class Entry:
    """A candidate on its way.

    Attributes:
        learner: who it is.
        held_back: class probabilities [N, C] of windows while they were held back, NaN elsewhere.
        folds: how many folds it ran.
        seconds: what they took.
    """

    learner: Learner
    held_back: Floats
    folds: int = 0
    seconds: float = 0.0
    shares: list[float] = field(default_factory=list)

    def run(self, fold: Fold, right: np.ndarray) -> None:
        """Learn from a fold's windows and answer those that it holds back."""
        start = time.perf_counter()
        self.held_back[fold.test] = self.learner.probabilities(fold.train, fold.test)
        guesses = self.held_back[fold.test].argmax(axis=1)
        self.shares += (guesses == right[fold.test]).tolist()
        self.folds += 1
        self.seconds += time.perf_counter() - start

    @property
    def share(self) -> float:
        """Share of right answers so far."""
        return float(np.mean(self.shares)) if self.shares else 0.0


def race(
    classical: Sequence[Learner],
    networks: Sequence[Learner],
    folds: Sequence[Fold],
    y: np.ndarray,
    classes: int,
    budget_s: float,
    note: Note,
) -> tuple[list[Entry], list[Fold]]:
    """Run the candidates; those that ran all the folds that are returned can be compared.

    Args:
        classical: run on all of them.
        networks: in the order in which they are to be kept where time is short.
        folds: the turns.
        y: class of each window [N].
        classes: size C of the class table.
        budget_s: seconds for all of it.
        note: takes a sentence about what the budget did not allow.

    Returns:
        What became of each candidate, and the folds that were run: fewer where time is short.
    """
    start = time.perf_counter()

    def left() -> float:
        return budget_s - (time.perf_counter() - start)

    def entry(learner: Learner) -> Entry:
        return Entry(learner, np.full((len(y), classes), np.nan))

    entries = [entry(learner) for learner in classical]
    run: list[Fold] = []
    for fold in folds:
        before = left()
        for one in entries:
            one.run(fold, y)
        run.append(fold)
        if len(run) > 1 and left() - (before - left()) < (1 - CLASSICAL_SHARE) * budget_s:
            break
    if len(run) < len(folds):
        note(f"time for {len(run)} of {len(folds)} folds only: a longer budget makes it surer")

    live = [entry(learner) for learner in networks]
    entries += live
    windows = int(np.mean([len(fold.train) for fold in run]))
    costs: dict[str, float] = {}
    last = max((one.seconds(len(y)) for one in classical), default=0.0)  # if one of them wins
    for one in live:
        if left() > 0:
            costs[one.learner.name] = one.learner.seconds(windows)
    live = [one for one in live if one.learner.name in costs]
    for number, fold in enumerate(run):
        live = _affordable(live, costs, len(run) - number, left() - last)
        for one in live:
            one.run(fold, y)
        live = sorted(live, key=lambda one: -one.share)[: max(1, (len(live) + 1) // 2)]
    skipped = [one.learner.name for one in entries if not one.folds]
    if skipped:
        known = [costs[name] * len(run) for name in skipped if name in costs]
        needed = (
            f": they would take about {sum(known):.0f} s more"
            if len(known) == len(skipped)
            else ", and none to see how long they would take"
        )
        of = counted(len(networks), "network")
        note(f"no time for {len(skipped)} of {of} (0 folds among the candidates){needed}")
    return entries, run


def _affordable(
    live: Sequence[Entry], costs: dict[str, float], folds: int, seconds: float
) -> list[Entry]:
    """The candidates, without the dearest ones, that can run all folds, half of them each time.

    The winner is trained once more, on everything.
    """
    kept = list(live)
    while kept:
        dearest = sorted((costs[one.learner.name] for one in kept), reverse=True)
        total, count = 2 * dearest[0], len(dearest)
        for _ in range(folds):
            total += sum(dearest[:count])
            count = max(1, (count + 1) // 2)
        if total <= seconds:
            break
        # Of equally dear ones the last: the network from scratch is the first.
        kept.remove(max(reversed(kept), key=lambda one: costs[one.learner.name]))
    return kept
