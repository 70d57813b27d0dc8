"""Forests on the features of windows: a random one, and extremely randomised trees."""

from __future__ import annotations

from crosswear.baselines.forest import grow_forest
from crosswear.datasets.domain import Domain
from crosswear.engine.methods.base import Resources
from crosswear.engine.methods.classical import ClassicalMethod, Indices, Predict
from crosswear.engine.subsets import weight_seed
from crosswear.engine.task import Task


class ForestMethod(ClassicalMethod):
    """Grows a forest.

    Args:
        extra: whether thresholds are drawn, not sought.
    """

    def __init__(self, *, extra: bool = False) -> None:
        self.extra = extra

    def fit(self, task: Task, domain: Domain, rows: Indices, resources: Resources) -> Predict:
        """See `ClassicalMethod.fit`."""
        features = resources.features(domain, task.rate_hz)
        known = (domain.windows.y[rows], len(domain.classes), task.rate_hz, weight_seed(task.cell))
        forest = grow_forest(features[rows], *known, extra=self.extra)
        return lambda test: forest.vote(features[test]).argmax(axis=1)
