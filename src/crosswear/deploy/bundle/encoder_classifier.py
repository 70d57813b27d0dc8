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

from crosswear.baselines.regression import Logistic
from crosswear.encoders import Encoder, manifest_text, parse_manifest
from crosswear.encoders.card import EncoderManifest
from crosswear.encoders.encoding import encode, open_session
from crosswear.encoders.examination import check_graph

Floats: TypeAlias = NDArray[np.float64]
State: TypeAlias = Mapping[str, NDArray[Any]]

MODEL, MANIFEST, RATE = "encoder.onnx", "encoder.json", "rate_hz"
TOGETHER = 16
"""Windows that are computed at once: always as many, since kernels round by their number."""


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
    regression: Logistic

    def scores(self, x: NDArray[np.float32]) -> Floats:
        """Class probabilities [n, C] of windows [n, 3, L] in g; 0 for a class without windows."""
        features = _features(self._session, self.manifest, x, self.rate_hz)
        return self.regression.scores(features)

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
    arrays = {name: state[name] for name in Logistic.__dataclass_fields__}
    return EncoderClassifier(model, manifest, float(state[RATE][0]), Logistic(**arrays))
