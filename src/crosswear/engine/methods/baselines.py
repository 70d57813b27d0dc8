"""The classifiers of `crosswear.baselines`, on windows or on their features."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from crosswear.baselines.forest import SOUGHT, Growth, grow_forest
from crosswear.baselines.kernel import fit_kernel
from crosswear.baselines.members import classical_members
from crosswear.baselines.regression import LogisticMember
from crosswear.baselines.stack import fit_stack
from crosswear.baselines.vote import vote_of
from crosswear.baselines.whitening import LabelledWindows
from crosswear.datasets.domain import Domain
from crosswear.engine.encoded import encoded
from crosswear.engine.methods.base import Resources
from crosswear.engine.methods.classical import (
    ClassicalMethod,
    Indices,
    Predict,
    windows_of_sources,
)
from crosswear.engine.subsets import weight_seed
from crosswear.engine.task import Task
from crosswear.signal.folds import group_windows


class WindowsMethod(ClassicalMethod):
    """A method that fits a classifier to windows.

    Args:
        classifier: makes one, see `crosswear.baselines.Baseline.fit`; where cells of it have
            sources, from their windows too.
    """

    def __init__(self, classifier: Callable[..., Any]) -> None:
        self.classifier = classifier

    def fit(self, task: Task, domain: Domain, rows: Indices, resources: Resources) -> Predict:
        """See `ClassicalMethod.fit`."""
        x, y = domain.windows.x, domain.windows.y[rows]
        known = (y, len(domain.classes), task.rate_hz, weight_seed(task.cell))
        sources = windows_of_sources(task)
        fitted = self.classifier(x[rows], *known, *([sources] if sources else []))
        return lambda test: fitted.scores(x[test]).argmax(axis=1)


class ForestMethod(ClassicalMethod):
    """A method that grows a forest on features.

    Args:
        growth: how its trees grow.
    """

    def __init__(self, growth: Growth = SOUGHT) -> None:
        self.growth = growth

    def small(self) -> ForestMethod:
        """See `ClassicalMethod.small`: growing all trees takes as long on few windows."""
        return ForestMethod(replace(self.growth, trees=1))

    def fit(self, task: Task, domain: Domain, rows: Indices, resources: Resources) -> Predict:
        """See `ClassicalMethod.fit`."""
        features = resources.features(domain, task.rate_hz)
        known = (domain.windows.y[rows], len(domain.classes), task.rate_hz, weight_seed(task.cell))
        forest = grow_forest(features[rows], *known, self.growth)
        return lambda test: forest.vote(features[test]).argmax(axis=1)


class VoteMethod(ClassicalMethod):
    """A method that fits the vote of trees on features and MiniRocket on windows."""

    def fit(self, task: Task, domain: Domain, rows: Indices, resources: Resources) -> Predict:
        """See `ClassicalMethod.fit`."""
        x, features = domain.windows.x, resources.features(domain, task.rate_hz)
        known = (len(domain.classes), task.rate_hz, weight_seed(task.cell))
        windows = LabelledWindows.of(domain.windows, rows)
        vote = vote_of(windows, features[rows], *known, windows_of_sources(task))
        return lambda test: vote.vote(x[test], features[test]).argmax(axis=1)


class KernelMethod(ClassicalMethod):
    """Fits a ridge classifier of similarities on features."""

    def fit(self, task: Task, domain: Domain, rows: Indices, resources: Resources) -> Predict:
        """See `ClassicalMethod.fit`."""
        features, y = resources.features(domain, task.rate_hz), domain.windows.y[rows]
        known = (len(domain.classes), task.rate_hz, windows_of_sources(task))
        kernel = fit_kernel(features[rows], y, *known)
        return lambda test: kernel.vote(features[test]).argmax(axis=1)


class StackMethod(ClassicalMethod):
    """A method that fits the members of a stack, and their weights on people who were left out.

    Regressions on the features of the encoders of a cell are guests.
    """

    def fit(self, task: Task, domain: Domain, rows: Indices, resources: Resources) -> Predict:
        """See `ClassicalMethod.fit`."""
        windows, seed = domain.windows.rows(rows), weight_seed(task.cell)
        grouping = group_windows(windows)
        known = (len(domain.classes), task.rate_hz, seed, windows_of_sources(task))
        members = classical_members(LabelledWindows.of(windows), *known)
        groups = np.where(grouping.kept, grouping.groups, -1)
        features = _features_of_encoders(task, domain, resources)
        guests = [LogisticMember(one[rows], windows.y, len(domain.classes)) for one in features]
        stack = fit_stack(members, windows.y, groups, seed, guests)
        x = domain.windows.x
        return lambda test: stack.scores(x[test], [one[test] for one in features]).argmax(axis=1)


def _features_of_encoders(
    task: Task, domain: Domain, resources: Resources
) -> list[NDArray[np.float32]]:
    """Return the features [N, F] of a domain by each encoder of a cell."""
    each = list(zip(task.cell.encoders, task.encoders, strict=True))
    windows = resources.acceleration_digest(domain) if each else ""
    return [encoded(domain, windows, task.rate_hz, known, folder) for (_, known), folder in each]
