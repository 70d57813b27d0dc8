"""The kinds of classifiers, other than networks, that bundles hold."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from crosswear.baselines import BUNDLED, Classifier, State
from crosswear.encoders import expect_onnx


@dataclass(frozen=True)
class ClassicalKind:
    """A kind of classifier.

    Attributes:
        description: for the people who receive one.
        load: returns one from what `Classifier.state` gave.
    """

    description: str
    load: Callable[[State], Classifier]


def _load_encoder_classifier(state: State) -> Classifier:
    expect_onnx()
    # Imported here: an optional extra.
    from crosswear.encoders.classifier import load_encoder_classifier

    return load_encoder_classifier(state)


CLASSICAL_KINDS: Mapping[str, ClassicalKind] = MappingProxyType(
    {
        **{name: ClassicalKind(one.description, one.load) for name, one in BUNDLED.items()},
        "encoder": ClassicalKind(
            "an imported encoder and a linear classifier of its features", _load_encoder_classifier
        ),
    }
)
"""By the name of their method."""
