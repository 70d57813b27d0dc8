"""A stack: classifiers whose votes weigh as much as they deserve with people whom none has seen.

Van der Laan, Polley and Hubbard, "Super learner", Statistical Applications in Genetics and
Molecular Biology 6(1), 2007: cross-validation within the labelled windows gives what each member
says of windows that it was not fitted on, and weights are chosen that suit these. Folds keep people
whole, since the stack is for other people than those who were labelled. Weights are not negative
(Breiman, "Stacked regressions", Machine Learning 24, 1996) and sum to 1. Where few people were
labelled they are drawn towards the plain vote, in which all members weigh alike.

A guest is a member that may know nothing of the target at all, such as a regression on the features
of a pretrained encoder. It takes part only if it keeps up with the others in the folds: the weights
alone would follow too slowly where few people were labelled.

Members may be too sure or not sure enough. Each is given a temperature first (Guo et al., "On
calibration of modern neural networks", ICML 2017), by the same windows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from crosswear.signal.calibration import FLOOR, fit_temperature, tempered
from crosswear.signal.folds import Fold, split_into_folds

Floats: TypeAlias = NDArray[np.float64]
Indices: TypeAlias = NDArray[np.int64]

AS_THEY_ARE, ALIKE = 5, 20
"""People for whom the members count as they are, and all alike, beside those who were tested.

Both were chosen on two splits of five datasets and confirmed on two others: docs/results.md.
"""
KEEPS_UP = 0.9
"""Share of the members' right answers in the folds that a guest needs to take part.

Chosen and confirmed likewise; shares from 0.7 to 0.95 do about as well.
"""
STEPS = 300
"""Most steps to the weights."""
CLOSE = 1e-7
"""A step that changes no weight by more is the last one."""


class Fitted(Protocol):
    """A member that knows its classes."""

    def scores(self, x: NDArray[np.float32]) -> Floats:
        """Class probabilities [n, C] of windows [n, 3, L] in g; of a guest, of features [n, F]."""
        ...


class StackMember(Protocol):
    """A kind of classifier, bound to labelled windows."""

    def probabilities(self, train: Indices, asked: Indices) -> Floats:
        """Fit some of the windows; return the class probabilities [n, C] of others."""
        ...

    def fit(self) -> Fitted:
        """Fit all windows."""
        ...


@dataclass(frozen=True, eq=False)
class Combination:
    """Temperatures and weights of the members of a vote.

    Attributes:
        temperatures: [K], of each member's probabilities.
        weights: [K], not negative; their sum is 1.
    """

    temperatures: Floats
    weights: Floats

    @classmethod
    def plain(cls, members: int, guests: int = 0) -> Combination:
        """Return the vote of members that weigh alike; guests weigh nothing."""
        weights = np.repeat([1 / members, 0.0], [members, guests])
        return cls(np.ones(members + guests), weights)

    def __call__(self, answers: Sequence[Floats]) -> Floats:
        """Return the class probabilities [n, C] of windows by those that each member gives them."""
        each = zip(answers, self.temperatures.tolist(), strict=True)
        return np.asarray(np.tensordot(self.weights, [tempered(*one) for one in each], axes=1))


@dataclass(frozen=True, eq=False)
class Stack:
    """Members and guests that were fitted on all windows, and their combination."""

    members: Sequence[Fitted]
    combination: Combination

    def scores(
        self, x: NDArray[np.float32], features: Sequence[NDArray[np.float32]] = ()
    ) -> Floats:
        """Return class probabilities [n, C].

        Args:
            x: windows [n, 3, L] in g.
            features: of these windows, [n, F] for each guest.
        """
        inputs = [*[x] * (len(self.members) - len(features)), *features]
        each = zip(self.members, inputs, strict=True)
        return self.combination([one.scores(given) for one, given in each])


def fit_stack(
    members: Sequence[StackMember],
    y: NDArray[np.integer],
    groups: NDArray[np.integer],
    seed: int,
    guests: Sequence[StackMember] = (),
) -> Stack:
    """Fit members and their combination.

    Args:
        members: bound to the same windows [n].
        y: their classes [n].
        groups: the person, or the chain of occurrences, of each [n]; −1 for a window that shares
            raw samples with those of another group, which then is in no fold.
        seed: of the folds.
        guests: members that take part if they keep up with the others.
    """
    everybody = [*members, *guests]
    rows = np.flatnonzero(groups >= 0)
    folds = [fold.of(rows) for fold in split_into_folds(y[rows], groups[rows], seed)]
    combination = Combination.plain(len(members), len(guests))
    if folds:
        tested = np.concatenate([fold.test for fold in folds])
        answers = [out_of_fold(one, folds) for one in everybody]
        people = len(np.unique(groups[tested]))
        combination = combine(answers, y[tested], people, len(guests))
    return Stack([one.fit() for one in everybody], combination)


def out_of_fold(member: StackMember, folds: Sequence[Fold]) -> Floats:
    """Return what a member says of each fold's test windows [n, C], one fold after another.

    Windows of classes that a fold does not train on are no test of a member.
    """
    return np.concatenate([member.probabilities(fold.train, fold.test) for fold in folds])


def combine(
    answers: Sequence[Floats], y: NDArray[np.integer], people: int, guests: int = 0
) -> Combination:
    """Return the combination for windows that the members were not fitted on.

    Args:
        answers: class probabilities [n, C] that each of K members gives.
        y: classes of the windows [n].
        people: number of people whose windows they are. Windows of one person are alike, so that
            not their number shows how sure the combination is.
        guests: number of the last members that weigh nothing unless they keep up with the others.
    """
    as_they_are = people / (people + AS_THEY_ARE)
    temperatures = np.array([fit_temperature(one, y) ** as_they_are for one in answers])
    each = zip(answers, temperatures.tolist(), strict=True)
    own = np.array([tempered(*one)[np.arange(len(y)), y] for one in each])
    right = np.array([np.mean(one.argmax(axis=1) == y) for one in answers])
    hosts = len(answers) - guests
    joined = right >= KEEPS_UP * right[:hosts].mean()
    joined[:hosts] = True
    weights = np.zeros(len(answers))
    weights[joined] = weights_of(own[joined], ALIKE * len(y) / people)
    return Combination(temperatures, weights)


def weights_of(probabilities: Floats, prior: float) -> Floats:
    """Return the weights [K] of the vote that finds the classes of windows most likely.

    They minimise the sum of the log losses of the windows and of a Dirichlet prior about equal
    weights, which is convex, by expectation maximisation (Dempster, Laird and Rubin, "Maximum
    likelihood from incomplete data via the EM algorithm", 1977).

    Args:
        probabilities: [K, n], that each member gives to the class of each window.
        prior: number of windows for which equal weights count.
    """
    members, windows = probabilities.shape
    likely = np.maximum(probabilities, FLOOR)  # none is impossible
    weights = np.full(members, 1 / members)
    for _ in range(STEPS):
        part = weights[:, None] * likely
        share = (part / part.sum(axis=0)).sum(axis=1)
        after = (share + prior / members) / (windows + prior)
        moved = np.abs(after - weights).max()
        weights = after
        if moved <= CLOSE:
            break
    return weights
