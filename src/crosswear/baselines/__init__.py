"""Classical classifiers of windows: one file each, and the registry of those in bundles.

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
    """A kind of classifier, and the ways to come by one.

    Attributes:
        name: in the manifests of bundles, as in `crosswear.grid.methods`.
        description: for the people who receive one.
        growth: the time to fit it grows with this power of the windows; a ridge classifier's is
            between square and cube.
        fit: from windows [n, 3, L] in g, their classes [n], the number of classes C, the rate of
            the windows in Hz and a seed. Equal arguments give equal classifiers.
        load: from what `Classifier.state` gave.
        fit_with_others: like `fit`, from labelled windows of other datasets too; None where
            `crosswear adapt` uses none.
    """

    name: str
    description: str
    growth: float
    fit: Callable[[NDArray[np.float32], NDArray[np.integer], int, float, int], Classifier]
    load: Callable[[State], Classifier]
    fit_with_others: Callable[..., Classifier] | None = None


_FOREST = "a random forest on features of each window"
_TREES = "randomised trees on features of each window"
_ROCKET = "MiniRocket (random convolutions and a linear classifier)"

BUNDLED: Mapping[str, Baseline] = MappingProxyType(
    {
        one.name: one
        for one in (
            Baseline("forest", _FOREST, 1.1, fit_forest, load_forest),
            Baseline("extra-trees", _TREES, 1.1, fit_extra_trees, load_forest),
            Baseline("minirocket", _ROCKET, 2.0, fit_minirocket, load_minirocket),
            Baseline(
                "vote", f"a vote of {_TREES} and {_ROCKET}", 2.0, fit_vote, load_vote, fit_vote
            ),
        )
    }
)
