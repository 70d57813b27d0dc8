"""Classical classifiers of windows: one file each, and the registry that names them.

What is fitted is held as plain arrays (`Classifier.state`), so that a model is stored and read
without pickle, and by a version of its library other than the one that fitted it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from crosswear.baselines.forest import fit_extra_trees, fit_forest, load_forest
from crosswear.baselines.minirocket import fit_minirocket, load_minirocket
from crosswear.baselines.vote import fit_vote, load_vote

State: TypeAlias = Mapping[str, NDArray[Any]]


class Classifier(Protocol):
    """A fitted classifier of windows."""

    def scores(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Class probabilities [n, C] of windows [n, 3, L] in g; rows sum to 1.

        A class that was not fitted has probability 0.
        """
        ...

    def state(self) -> dict[str, NDArray[Any]]:
        """Plain arrays, enough to load it again."""
        ...


@dataclass(frozen=True)
class Baseline:
    """How to come by a classifier.

    Attributes:
        fit: from windows [n, 3, L] in g, their classes [n], the number of classes C, the rate of
            the windows in Hz and a seed. Equal arguments give equal classifiers.
        load: from what `Classifier.state` gave.
    """

    fit: Callable[[NDArray[np.float32], NDArray[np.integer], int, float, int], Classifier]
    load: Callable[[State], Classifier]


BASELINES: Mapping[str, Baseline] = MappingProxyType(
    {
        "forest": Baseline(fit_forest, load_forest),
        "extra-trees": Baseline(fit_extra_trees, load_forest),
        "minirocket": Baseline(fit_minirocket, load_minirocket),
        "vote": Baseline(fit_vote, load_vote),
    }
)
