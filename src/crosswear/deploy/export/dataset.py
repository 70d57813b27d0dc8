"""Windows of a dataset to check an exported model on."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from crosswear.core.config import PreparationConfig
from crosswear.core.texts import Note, counted
from crosswear.datasets.domain import of_acceleration, prepare
from crosswear.deploy.bundle import Bundle
from crosswear.deploy.export import Windows


def windows_of_dataset(
    bundle: Bundle, reference: str, data: Path | None, cache: Path, note: Note
) -> Windows:
    """Return the windows of a dataset, with labels where it has classes of the bundle.

    Args:
        bundle: the model, whose rate and length the windows have.
        reference: name of a dataset, or a `dataset.toml`.
        data: folder with one folder per dataset.
        cache: folder of prepared domains.
        note: takes a sentence about windows that are left out.
    """
    about = bundle.manifest
    config = PreparationConfig(about.rate_hz, about.window_s, about.hop_s, about.bridge_s)
    domain = of_acceleration(prepare(reference, data, config, cache))
    index = {name: number for number, name in enumerate(about.classes)}
    table = np.array([index.get(name, -1) for name in domain.classes])
    y = table[domain.windows.y]
    known = y >= 0
    x = np.asarray(domain.windows.x)
    if not known.any():
        note(f"{reference} has none of the model's classes: no scores")
        return Windows(x, None, reference)
    if not known.all():
        left_out = counted(int((~known).sum()), "window")
        note(f"left out: {left_out} of other classes than the model's")
    return Windows(x[known], y[known], reference)
