"""MiniRocket, by itself or whitened by windows of other domains."""

from __future__ import annotations

from crosswear.baselines.minirocket import fit_minirocket
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


class MiniRocketMethod(ClassicalMethod):
    """Fits `crosswear.baselines.minirocket`."""

    def fit(self, task: Task, domain: Domain, rows: Indices, resources: Resources) -> Predict:
        """See `ClassicalMethod.fit`."""
        x, y = domain.windows.x, domain.windows.y[rows]
        known = (y, len(domain.classes), task.rate_hz, weight_seed(task.cell))
        rocket = fit_minirocket(x[rows], *known, windows_of_sources(task))
        return lambda test: rocket.scores(x[test]).argmax(axis=1)
