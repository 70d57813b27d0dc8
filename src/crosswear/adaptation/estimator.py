"""The choice as a scikit-learn estimator, for cross-validation, pipelines and searches."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

from crosswear.adaptation.choose import KINDS, choose
from crosswear.adaptation.learners import TrainingData
from crosswear.baselines.whitening import LabelledWindows
from crosswear.core.errors import UsageError
from crosswear.core.intervals import Interval
from crosswear.datasets.domain import Domain
from crosswear.deploy.bundle.manifest import Kind
from crosswear.encoders import Encoder
from crosswear.grid.methods import METHODS, Role
from crosswear.networks.checkpoint import Checkpoint
from crosswear.signal.windows import as_windows

_NO_GROUPS = (
    "no score to expect: without groups, windows of one person, or that overlap, are learned from "
    "and tested. Give fit(X, y, groups=…) the person of each window"
)


class ActivityClassifier(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # untyped there
    """An estimator that chooses a classifier of windows by cross-validation, and fits it.

    Args:
        kind: kinds of candidates: `auto` for all, or one of them.
        sources: source networks (`crosswear.networks.checkpoint.load_checkpoint`) and imported
            encoders (`crosswear.load_encoder`), each a candidate, by name; None for none.
        others: other datasets (`crosswear.prepare`), whose windows whiten the vote; None for none.
        rate_hz: sampling rate of the windows.
        budget_s: seconds for a fit.
        random_state: seed of all random numbers.

    Attributes:
        classes_: the labels, sorted.
        chosen_: the chosen model with its expected score (`crosswear.adaptation.choose.Chosen`);
            the score is NaN if `fit` got no groups.
    """

    def __init__(
        self,
        kind: Literal["auto", "vote", "minirocket", "forest", "encoder", "network"] = "auto",
        *,
        sources: Mapping[str, Checkpoint | Encoder] | None = None,
        others: Sequence[Domain] | None = None,
        rate_hz: float = 25.0,
        budget_s: float = 60.0,
        random_state: int = 0,
    ) -> None:
        self.kind = kind
        self.sources = sources
        self.others = others
        self.rate_hz = rate_hz
        self.budget_s = budget_s
        self.random_state = random_state

    def fit(self, X: ArrayLike, y: ArrayLike, groups: ArrayLike | None = None) -> Self:  # noqa: N803
        """Choose and fit.

        Args:
            X: windows [n, 3, L] in g.
            y: labels [n] of any type.
            groups: [n]; windows of one group stay together: those of a person. Without it, each
                window is a group, and there is no score to expect: overlapping windows, or
                windows of one person, are on both sides of each test.

        Warns:
            UserWarning: without `groups`.

        Raises:
            UsageError: if `X` does not hold windows, `kind` is unknown, or a source is neither a
                network nor an encoder.
            DomainError: if there are too few windows, groups or classes for cross-validation.
        """
        sources = self.sources or {}
        for name, one in sources.items():
            if not isinstance(one, Checkpoint | Encoder):
                raise UsageError(
                    f"the source {name!r} is {type(one).__name__!r}",
                    expected="a network (load_checkpoint) or an encoder (crosswear.load_encoder)",
                )
        networks = {name: one for name, one in sources.items() if isinstance(one, Checkpoint)}
        encoders = {name: one for name, one in sources.items() if isinstance(one, Encoder)}
        kinds: tuple[Kind, ...] = KINDS
        if self.kind != "auto":
            if self.kind not in KINDS:
                raise UsageError(
                    f"there is no kind {self.kind!r}", expected=f"auto or {', '.join(KINDS)}"
                )
            kinds = (self.kind,)
            if METHODS[self.kind].role is Role.ENCODER and not encoders:
                raise UsageError(
                    "no encoder is given",
                    todo="give it sources={NAME: crosswear.load_encoder(FOLDER)}",
                )
        x = as_windows(X)
        check_classification_targets(y)
        self.classes_, codes = np.unique(np.asarray(y), return_inverse=True)
        alone = np.arange(len(codes)) if groups is None else np.asarray(groups)
        if not len(x) == len(codes) == len(alone):
            raise UsageError(
                f"{len(x)} windows, {len(codes)} labels and {len(alone)} groups",
                expected="as many of each",
            )
        data = TrainingData(
            x,
            codes,
            np.unique(alone, return_inverse=True)[1],
            classes=len(self.classes_),
            rate_hz=self.rate_hz,
            seed=self.random_state,
            others=[LabelledWindows.of(one.windows) for one in self.others or ()],
            encoders=encoders,
        )
        chosen = choose(data, networks, self.budget_s, kinds=kinds)
        if groups is None:
            warnings.warn(_NO_GROUPS, stacklevel=2)
            chosen = replace(chosen, expected=Interval(math.nan, math.nan, math.nan))
        self.chosen_ = chosen
        self.samples_ = x.shape[2]
        return self

    def predict_proba(self, X: ArrayLike) -> NDArray[np.float64]:  # noqa: N803
        """Return calibrated probabilities [n, C] of windows [n, 3, L], in the order of `classes_`.

        Raises:
            UsageError: if the windows differ in shape from those of `fit`.
        """
        check_is_fitted(self)
        return self.chosen_.classifier(self.samples_).scores(X)

    def predict(self, X: ArrayLike) -> NDArray[np.generic]:  # noqa: N803
        """Return the most probable label of each window."""
        best = self.predict_proba(X).argmax(axis=1)
        labels: NDArray[np.generic] = self.classes_[best]
        return labels
