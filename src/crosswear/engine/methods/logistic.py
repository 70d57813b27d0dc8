"""A logistic regression on features that others have learned: linear probing."""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
from numpy.typing import NDArray

from crosswear.baselines.regression import fit_logistic
from crosswear.core.config import TrainConfig, TransferConfig
from crosswear.core.recording import channel_names
from crosswear.datasets.domain import Domain
from crosswear.engine.methods.base import Resources
from crosswear.engine.methods.classical import ClassicalMethod, Indices, Predict
from crosswear.engine.subsets import source_weights
from crosswear.engine.task import Task
from crosswear.grid.experiment import Cell
from crosswear.networks.models import build
from crosswear.networks.pooled import pooled
from crosswear.networks.transfer import plan_transfer


class FeaturesMethod(ClassicalMethod):
    """A method that fits frozen features, standardised by the adaptation set alone."""

    @abstractmethod
    def features(self, task: Task, domain: Domain, resources: Resources) -> NDArray[np.floating]:
        """Return features [N, F] of all windows of a cell's target."""

    def fit(self, task: Task, domain: Domain, rows: Indices, resources: Resources) -> Predict:
        """See `ClassicalMethod.fit`."""
        features, y = self.features(task, domain, resources), domain.windows.y[rows]
        fitted = fit_logistic(features[rows], y, len(domain.classes))
        return lambda test: fitted.predict(features[test])


class LogisticMethod(FeaturesMethod):
    """Logistic regression on the outputs of a source network's blocks and spectral branch.

    It shows what a source network is worth without any training of networks.
    """

    def transfer(self, cell: Cell) -> TransferConfig:
        """See `TrainableMethod.transfer`."""
        return TransferConfig(freeze_spectral=True)

    def features(self, task: Task, domain: Domain, resources: Resources) -> NDArray[np.floating]:
        """See `FeaturesMethod.features`; `crosswear.networks.pooled` says which."""
        cell = task.cell
        if cell.model is None:
            raise ValueError("a cell that looks through a network has model settings")
        # What the source has not it cannot look through.
        sensors = tuple(one for one in domain.sensors if one in task.source_sensors)
        network = build(cell.model, len(domain.classes), domain.samples, 0, sensors)
        transfer = self.transfer(cell)
        plan = plan_transfer(network, transfer, cell.blocks, source_sensors=task.source_sensors)
        frozen = plan.apply(network, source_weights(task, cell.model, domain)).frozen
        train = TrainConfig()
        weights = str(task.source or cell.study_seed)
        origin = (task.domains, sensors, cell.model, train.precision, weights)
        x = domain.windows.x[:, : len(channel_names(sensors))]
        cached_input = resources.cached_inputs.get(
            origin, x, network, frozen, train, domain.folder.parent
        )
        return pooled(cell.model.name, cached_input).numpy(force=True)
