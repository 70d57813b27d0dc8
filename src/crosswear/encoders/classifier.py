"""A classifier of windows by the features of an encoder, as bundles hold it.

A logistic regression on the features, standardised by the windows that it is fitted on. The encoder
travels with it: its ONNX file and its card are among the arrays of `EncoderClassifier.state`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from crosswear.encoders import Encoder, manifest_text, parse_manifest
from crosswear.encoders.card import EncoderManifest
from crosswear.encoders.encoding import encode, open_session
from crosswear.encoders.examination import check_graph

Floats: TypeAlias = NDArray[np.float64]
State: TypeAlias = Mapping[str, NDArray[Any]]

MODEL, MANIFEST, RATE = "encoder.onnx", "encoder.json", "rate_hz"
TOGETHER = 16
"""Windows that are computed at once: always as many, since kernels round by their number."""
ITERATIONS = 5000


@dataclass(frozen=True, eq=False)
class Regression:
    """A logistic regression on standardised features.

    Attributes:
        mean, scale: of each feature [D].
        weights: of each fitted class [K, D].
        bias: of each fitted class [K].
        fitted: the fitted classes [K], of all C.
        classes: number of classes C, as an array [1].
    """

    mean: Floats
    scale: Floats
    weights: Floats
    bias: Floats
    fitted: NDArray[np.int64]
    classes: NDArray[np.int64]

    def probabilities(self, features: NDArray[np.floating]) -> Floats:
        """Class probabilities [n, C] of features [n, D]; 0 for a class that was not fitted."""
        logits = (features - self.mean) / self.scale @ self.weights.T + self.bias
        odds = np.exp(logits - logits.max(axis=1, keepdims=True))
        found = np.zeros((len(features), int(self.classes[0])))
        found[:, self.fitted] = odds / odds.sum(axis=1, keepdims=True)
        return found


def fit_regression(
    features: NDArray[np.floating], y: NDArray[np.integer], classes: int
) -> Regression:
    """Fit features [n, D] of windows of some of the classes [n]."""
    from sklearn.linear_model import LogisticRegression  # slow to import
    from sklearn.preprocessing import StandardScaler

    features, fitted = features.astype(np.float64), np.unique(y).astype(np.int64)
    scaler = StandardScaler().fit(features)
    width, size = features.shape[1], np.array([classes])
    if len(fitted) == 1:
        weights, bias = np.zeros((1, width)), np.zeros(1)
    else:
        model = LogisticRegression(max_iter=ITERATIONS).fit(scaler.transform(features), y)
        weights, bias = model.coef_, model.intercept_
    if len(fitted) == 2:  # one row for the second class
        weights, bias = np.vstack([0 * weights, weights]), np.append(0.0, bias)
    return Regression(scaler.mean_, scaler.scale_, weights, bias, fitted, size)


@dataclass(frozen=True, eq=False)
class EncoderClassifier:
    """An encoder and a regression on its features.

    Attributes:
        model: the ONNX file.
        manifest: its card, and what was found in it.
        rate_hz: sampling rate of the windows.
        regression: on its features.
    """

    model: bytes
    manifest: EncoderManifest
    rate_hz: float
    regression: Regression

    def scores(self, x: NDArray[np.float32]) -> Floats:
        """Class probabilities [n, C] of windows [n, 3, L] in g; 0 for a class without windows."""
        features = _features(self._session, self.manifest, x, self.rate_hz)
        return self.regression.probabilities(features)

    def state(self) -> dict[str, NDArray[Any]]:
        """Return plain arrays, enough to load it again."""
        texts = {MODEL: self.model, MANIFEST: manifest_text(self.manifest).encode()}
        return {
            **{name: np.frombuffer(one, np.uint8) for name, one in texts.items()},
            RATE: np.array([self.rate_hz]),
            **asdict(self.regression),
        }

    @cached_property
    def _session(self) -> onnxruntime.InferenceSession:
        return open_session(self.model)


def features_for_classifier(
    encoder: Encoder, x: NDArray[np.float32], rate_hz: float
) -> NDArray[np.float32]:
    """Return the features [n, D] that an `EncoderClassifier` sees of windows [n, 3, L] in g."""
    return _features(open_session(encoder.model()), encoder.manifest, x, rate_hz)


def _features(
    session: onnxruntime.InferenceSession,
    manifest: EncoderManifest,
    x: NDArray[np.float32],
    rate_hz: float,
) -> NDArray[np.float32]:
    return encode(session, manifest.card, manifest.found.batch or TOGETHER, x, rate_hz)


def load_encoder_classifier(state: State) -> EncoderClassifier:
    """Load what `EncoderClassifier.state` gave.

    Raises:
        UsageError: if the extra `onnx` is not installed.
        CheckpointError: if the encoder is damaged.
        KeyError, ValueError: if an array is missing or wrong.
    """
    model, text = (state[name].astype(np.uint8).tobytes() for name in (MODEL, MANIFEST))
    manifest = parse_manifest(text.decode())
    check_graph(model, manifest.card)
    arrays = {name: state[name] for name in Regression.__dataclass_fields__}
    return EncoderClassifier(model, manifest, float(state[RATE][0]), Regression(**arrays))
