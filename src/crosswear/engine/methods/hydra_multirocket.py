"""Hydra and MultiRocket, by themselves."""

from __future__ import annotations

from crosswear.baselines.hydra_multirocket import fit_hydra_multirocket
from crosswear.datasets.domain import Domain
from crosswear.engine.methods.base import Resources
from crosswear.engine.methods.classical import ClassicalMethod, Indices, Predict
from crosswear.engine.subsets import weight_seed
from crosswear.engine.task import Task


class HydraMultiRocketMethod(ClassicalMethod):
    """Fits `crosswear.baselines.hydra_multirocket`."""

    def fit(self, task: Task, domain: Domain, rows: Indices, resources: Resources) -> Predict:
        """See `ClassicalMethod.fit`."""
        x, y = domain.windows.x, domain.windows.y[rows]
        fitted = fit_hydra_multirocket(x[rows], y, weight_seed(task.cell))
        return lambda test: fitted.classify(x[test])
