"""The vote of trees and MiniRocket, by itself or whitened by windows of other domains."""

from __future__ import annotations

from crosswear.baselines.vote import vote_of
from crosswear.baselines.whitening import LabelledWindows
from crosswear.datasets.domain import Domain
from crosswear.engine.methods.base import Resources
from crosswear.engine.methods.classical import (
    ClassicalMethod,
    Indices,
    Predict,
    windows_of_sources,
)
from crosswear.engine.subsets import weight_seed
from crosswear.engine.task import Task


class VoteMethod(ClassicalMethod):
    """Fits `crosswear.baselines.vote`."""

    def fit(self, task: Task, domain: Domain, rows: Indices, resources: Resources) -> Predict:
        """See `ClassicalMethod.fit`."""
        x, features = domain.windows.x, resources.features(domain, task.rate_hz)
        known = (len(domain.classes), task.rate_hz, weight_seed(task.cell))
        windows = LabelledWindows.of(domain.windows, rows)
        vote = vote_of(windows, features[rows], *known, windows_of_sources(task))
        return lambda test: vote.vote(x[test], features[test]).argmax(axis=1)
