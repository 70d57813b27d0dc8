"""A logistic regression on the features of an encoder, or of its untrained control."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from crosswear.core.keys import seed_for
from crosswear.datasets.domain import Domain
from crosswear.engine.encoded import encoded
from crosswear.engine.methods.base import Resources
from crosswear.engine.methods.logistic import FeaturesMethod
from crosswear.engine.task import Task


class EncoderMethod(FeaturesMethod):
    """A method that fits a classifier to the features of an encoder.

    Args:
        untrained: whether they are those of its control, one of each split.
    """

    def __init__(self, *, untrained: bool = False) -> None:
        self.untrained = untrained

    def features(self, task: Task, domain: Domain, resources: Resources) -> NDArray[np.floating]:
        """See `FeaturesMethod.features`."""
        cell, seed = task.cell, None
        if self.untrained:
            seed = seed_for(cell.study_seed, "untrained encoder", cell.encoder, cell.split)
        (folder,) = task.encoders
        windows = resources.acceleration_digest(domain)
        return encoded(domain, windows, task.rate_hz, cell.encoder, folder, seed)
