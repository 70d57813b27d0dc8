"""Bundles to work with: small networks, untrained unless a state is given."""

from __future__ import annotations

from typing import Any

from crosswear.core.config import ModelConfig
from crosswear.deploy.bundle import Bundle, pack
from crosswear.deploy.bundle.manifest import Adaptation, Expected, Manifest, Origin
from crosswear.networks.models import build

CLASSES = ("walk", "sit", "=brush|teeth")


def a_bundle(
    classes: tuple[str, ...] = CLASSES, state: dict[str, Any] | None = None, **settings: Any
) -> Bundle:
    model = settings.pop("model", ModelConfig(filters=(4, 4, 4)))
    if state is None:
        window = round(settings.get("rate_hz", 25.0) * settings.get("window_s", 4.0))
        network = build(model, len(classes), window, seed=3)
        state = {name: value.numpy() for name, value in network.state_dict().items()}
    values = {
        "name": "my watch",
        "kind": "network",
        "model": model,
        "classes": classes,
        "placement": "right_wrist",
        "rate_hz": 25.0,
        "window_s": 4.0,
        "hop_s": 2.0,
        "bridge_s": 0.2,
        "temperature": 1.5,
        "threshold": 0.4,
        "origins": (
            Origin("source", "wharf", "0" * 64, "CC BY 4.0", "Bruno et al., 2013"),
            Origin("adaptation", "<b>mine</b>", "1" * 64, "not stated", "not stated"),
        ),
        "transfer": None,
        "adaptation": Adaptation((20,) * len(classes), 5),
        "expected": Expected("micro-f1", 0.8, 0.7, 0.9, 0.95, "Five folds of subjects."),
        "split": None,
        "versions": {"crosswear": "0.1.0"},
        "created": "2026-11-24T10:00:00Z",
        "weights": pack(state)[1],
        **settings,
    }
    return Bundle(Manifest(**values), state)
