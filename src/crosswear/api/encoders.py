"""Encoders: pretrained, or exported from the source networks of a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from crosswear.api.display import note, progress_shown
from crosswear.api.folders import cache_folder, data_folder
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


def pretrain(
    file: str | Path,
    out: str | Path,
    *,
    data: str | Path | None = None,
    cache: str | Path | None = None,
    leave_out: Sequence[str] = (),
    device: Literal["cpu", "cuda"] = "cpu",
) -> Encoder:
    """Train an encoder on many domains at once, with a progress bar, and write its folder.

    Args:
        file: path of a pretraining file, or its text in several lines.
        out: folder to make.
        data: folder or URL with one folder per dataset; that of CROSSWEAR_DATA without it.
        cache: folder of prepared domains; that of CROSSWEAR_CACHE, or the user's, without it.
        leave_out: names of domains of the file that it must not learn from.
        device: where it is trained.

    Raises:
        StudyFileError: if the file cannot be read or holds what it should not, a name to leave out
            is not in it, or fewer than two domains are left.
        LeakageError: if a dataset is left out and learned from under another name.
        UsageError: if `out` exists, the extra `onnx` is not installed, the windows are too short
            for the network, or this machine has no such device.
        CrosswearError: if a domain cannot be read.
        DiskError: if the folder cannot be written.
    """
    from crosswear.study.pretrained_encoder import (
        expect_pretraining,
        pretrain_encoder,
        pretraining_domains,
        read_pretraining,
    )

    whole = read_pretraining(file)
    design = whole.without(tuple(leave_out))
    left_out = {name: whole.domains[name] for name in leave_out}
    expect_pretraining(design, left_out, Path(out), device)
    domains = pretraining_domains(design, data_folder(data), cache_folder(cache), note)
    with progress_shown("epochs") as progress:
        return pretrain_encoder(design, domains, Path(out), device, progress)
