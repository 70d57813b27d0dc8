"""Encoders: imported from ONNX files, or exported from the source networks of a run."""

from __future__ import annotations

from pathlib import Path

from crosswear.core.files import expect_absent, expect_writable
from crosswear.encoders import Encoder, expect_onnx


def export_encoder(
    run: str | Path, source: str, out: str | Path, *, licence: str, origin: str
) -> Encoder:
    """Write a source network of a run as an encoder, without its dense layers.

    Args:
        run: folder of the run.
        source: name of the source in the study; domains of a joint one are joined by `+`.
        out: folder to make.
        licence: of the encoder.
        origin: the data that it has learned from.

    Raises:
        UsageError: if the run has no such network, `out` exists, or the extra `onnx` is not
            installed.
        StoreError: if no run is in the folder.
        ExportError: if the network has learned from a gyroscope too.
        DiskError: if the folder cannot be written.
    """
    expect_onnx()
    from crosswear.deploy.export.source_encoder import export_encoder as export
    from crosswear.study.source_network import source_network

    run, out = Path(run), Path(out)
    expect_absent(out)
    expect_writable(folder=out)
    network, rate_hz = source_network(run, source)
    return export(network, rate_hz, licence, origin, out)
