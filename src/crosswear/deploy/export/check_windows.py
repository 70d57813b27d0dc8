"""Windows to check an exported model on: simulated, or of a dataset."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crosswear.core.config import PreparationConfig
from crosswear.core.data_place import DataPlace
from crosswear.core.keys import seed_for
from crosswear.core.texts import Note, counted
from crosswear.datasets.domain import of_acceleration
from crosswear.datasets.prepare import prepare
from crosswear.deploy.bundle import Bundle

SIMULATED = 256


@dataclass(frozen=True, eq=False)
class CheckWindows:
    """Windows to check a model on.

    Attributes:
        x: float32 [n, 3, L], in g, at the bundle's rate.
        y: class of each [n], an index into the bundle's classes; None if they have no labels.
        source: their description.
    """

    x: NDArray[np.float32]
    y: NDArray[np.integer] | None
    source: str


def simulated_windows(bundle: Bundle) -> CheckWindows:
    """Draw random windows: gravity in any direction and movement of any strength."""
    about = bundle.manifest
    rng = np.random.default_rng(seed_for("export", about.weights.sha256))
    gravity = rng.normal(size=(SIMULATED, 3, 1))
    gravity /= np.linalg.norm(gravity, axis=1, keepdims=True)
    strength = np.exp(rng.uniform(-5, 0.5, (SIMULATED, 1, 1)))
    steps = rng.normal(size=(SIMULATED, 3, about.window))
    x = gravity + strength * (steps + np.roll(steps, 1, axis=2) + np.roll(steps, 2, axis=2))
    return CheckWindows(x.astype(np.float32), None, "simulated windows")


def windows_of_dataset(
    bundle: Bundle, reference: str, data: DataPlace | None, cache: Path, note: Note
) -> CheckWindows:
    """Return the windows of a dataset, with labels where it has classes of the bundle.

    Args:
        bundle: the model; the windows have its rate and length.
        reference: name of a dataset, or a `dataset.toml`.
        data: folder with one folder per dataset.
        cache: folder of prepared domains.
        note: takes a sentence about windows left out.
    """
    about = bundle.manifest
    config = PreparationConfig(
        about.rate_hz, about.window_s, about.hop_s, about.bridge_s, min_subjects=1
    )
    domain = of_acceleration(prepare(reference, data, config, cache))
    index = {name: number for number, name in enumerate(about.classes)}
    table = np.array([index.get(name, -1) for name in domain.classes])
    y = table[domain.windows.y]
    known = y >= 0
    x = np.asarray(domain.windows.x)
    if not known.any():
        note(f"{reference} has none of the model's classes: no scores")
        return CheckWindows(x, None, reference)
    if not known.all():
        left_out = counted(int((~known).sum()), "window")
        note(f"left out: {left_out} of other classes than the model's")
    return CheckWindows(x[known], y[known], reference)
