"""Export of a source network as an encoder: its features without its dense layers."""

from __future__ import annotations

import tempfile
from pathlib import Path

import onnx
from torch import Tensor, nn

from crosswear.core.config import ARCHITECTURES
from crosswear.core.errors import ExportError
from crosswear.core.recording import ACCELEROMETER
from crosswear.deploy.export.graph import ConvolvedSpectrogram, convolve_spectrograms, traced
from crosswear.encoders import MODEL, Encoder
from crosswear.encoders.card import EncoderCard
from crosswear.encoders.importing import import_encoder
from crosswear.encoders.pretraining_record import PretrainingRecord
from crosswear.networks.checkpoint import Checkpoint
from crosswear.networks.models import declared
from crosswear.networks.pooled import branch_modules, pooled

OUTPUT = "features"


class Features(nn.Module):
    """Features [n, F] of windows [n, 3, L] in g, as studies fit with `logistic`.

    Args:
        name: of a network in `crosswear.networks.models`.
        network: the network; its spectrograms are replaced.
    """

    def __init__(self, name: str, network: nn.Module) -> None:
        super().__init__()
        self.name = name
        self.network = convolve_spectrograms(network)
        self.modules_run = branch_modules(network)

    def forward(self, x: Tensor) -> Tensor:
        """See the class for shapes."""
        parts = declared(self.network)
        return pooled(self.name, parts.forward_frozen(parts.cached_input(x), (), self.modules_run))


def export_encoder(
    checkpoint: Checkpoint,
    rate_hz: float,
    licence: str,
    origin: str,
    out: Path,
    learned: PretrainingRecord | None = None,
) -> Encoder:
    """Write the folder of an encoder: the blocks and the spectral branch of a source network.

    Args:
        checkpoint: the network.
        rate_hz: sampling rate of its windows.
        licence: of the encoder: that of the data that it has learned from, or a freer one.
        origin: that data.
        out: folder to make.
        learned: what it has learned from, where that was not a study.

    Raises:
        ExportError: if it has learned from a gyroscope too, or torch cannot export it.
        UsageError: if `out` exists.
        DiskError: if it cannot be written.
    """
    if checkpoint.sensors != ACCELEROMETER:
        raise ExportError(
            f"the network takes {' and '.join(checkpoint.sensors)}",
            expected="acceleration alone",
        )
    name = checkpoint.model.name
    module, any_length = Features(name, checkpoint.network()), ARCHITECTURES[name].pooled
    fixed = [
        f"{name}.basis"
        for name, child in module.named_modules()
        if isinstance(child, ConvolvedSpectrogram)
    ]
    model = traced(module, checkpoint.samples, OUTPUT, name, any_length=any_length)
    onnx.checker.check_model(model, full_check=True)
    card = EncoderCard(
        rate_hz=rate_hz,
        window_s=checkpoint.samples / rate_hz,
        unit="g",
        layout="NCL",
        normalisation="none",
        licence=licence,
        origin=origin,
        shorter="keep" if any_length else None,
        fixed=tuple(fixed),
        learned=learned,
    )
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / MODEL
        file.write_bytes(model.SerializeToString())
        return import_encoder(file, out, card)
