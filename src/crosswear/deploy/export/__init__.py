"""Export of bundles to ONNX, compared with the bundle window by window before it is written.

onnx and onnxruntime are the extra ``onnx``; nothing else of crosswear needs them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from crosswear.core.errors import ExportError, UsageError
from crosswear.core.files import write_bytes, write_text
from crosswear.deploy.bundle import Bundle
from crosswear.deploy.export.check import (
    Latency,
    largest_difference,
    latency_of_onnx,
    latency_of_torch,
    open_session,
    probabilities,
)
from crosswear.deploy.export.check_windows import CheckWindows
from crosswear.deploy.export.graph import to_onnx
from crosswear.deploy.export.quantize import to_int8
from crosswear.signal.metrics import confusion, micro_f1

EXAMPLES = 32
LEAST_AGREEMENT = 0.95
"""Smallest share of the windows that must keep their most probable class with int8 weights."""


@dataclass(frozen=True)
class Exported:
    """An exported file, and its comparison with the bundle.

    Attributes:
        file: its path.
        bytes: its size.
        windows: number of windows that it was checked on.
        source: description of these windows.
        difference: largest difference of a probability to the bundle's.
        onnx: latency of onnxruntime.
        torch: latency of torch.
        quantized: effect of int8 weights; None without quantisation.
    """

    file: Path
    bytes: int
    windows: int
    source: str
    difference: float
    onnx: Latency
    torch: Latency
    quantized: Quantized | None


@dataclass(frozen=True)
class Quantized:
    """Effect of int8 weights.

    Attributes:
        float_bytes: size of the file with float32 weights.
        difference: largest difference of a probability to the bundle's.
        agreement: share of windows with the same most probable class.
        micro_f1: on the labelled windows, with int8 weights; None if there are no labels.
        float_micro_f1: the same with float32 weights.
    """

    float_bytes: int
    difference: float
    agreement: float
    micro_f1: float | None
    float_micro_f1: float | None


def export_onnx(
    bundle: Bundle,
    out: Path,
    windows: CheckWindows,
    *,
    int8: bool = False,
    examples: Path | None = None,
) -> Exported:
    """Write a bundle's model as ONNX if its probabilities equal those of the bundle.

    With `int8`, the model is compared before its weights are quantised: afterwards it differs.

    Args:
        bundle: with any kind of model.
        out: the file to write.
        windows: to compare on.
        int8: quantise the weights of dense layers.
        examples: a JSON file to write as well: some windows and their probabilities.

    Raises:
        UsageError: if there are no windows, or they are of another length.
        ExportError: if the model cannot be exported, differs from the bundle's, or changes too many
            answers with int8 weights.
        DiskError: if a file cannot be written.
    """
    about = bundle.manifest
    x = windows.x
    if not len(x) or x.shape[1:] != (3, about.window):
        raise UsageError(
            f"the windows have the shape {x.shape}",
            where=windows.source,
            expected=f"one window or more of shape (3, {about.window})",
        )
    model = to_onnx(bundle)
    content = model.SerializeToString()
    session = open_session(content)
    difference = largest_difference(session, bundle, x)
    quantized = None
    if int8:
        before, size = probabilities(session, x), len(content)
        content = to_int8(model)
        session = open_session(content)
        quantized = _compare(before, probabilities(session, x), windows, size, len(about.classes))
        if quantized.agreement < LEAST_AGREEMENT:
            raise ExportError(
                f"with eight bits {1 - quantized.agreement:.0%} of the windows get another class",
                where=about.name,
                expected=f"the same class in {LEAST_AGREEMENT:.0%} of them",
                todo="no file was written; export it without --quantize",
            )
    enough = np.resize(x, (EXAMPLES, *x.shape[1:]))
    result = Exported(
        file=out,
        bytes=len(content),
        windows=len(x),
        source=windows.source,
        difference=difference,
        onnx=latency_of_onnx(session, enough),
        torch=latency_of_torch(bundle, enough),
        quantized=quantized,
    )
    write_bytes(out, content)
    if examples is not None:
        some = x[np.unique(np.linspace(0, len(x) - 1, EXAMPLES).astype(int))]
        write_text(examples, _examples(bundle, some, probabilities(session, some)))
    return result


def _compare(
    before: NDArray[np.float64],
    after: NDArray[np.float64],
    windows: CheckWindows,
    size: int,
    classes: int,
) -> Quantized:
    def score(found: NDArray[np.float64]) -> float | None:
        if windows.y is None:
            return None
        return micro_f1(confusion(windows.y, found.argmax(axis=1), classes))

    return Quantized(
        float_bytes=size,
        difference=float(np.abs(after - before).max()),
        agreement=float((after.argmax(axis=1) == before.argmax(axis=1)).mean()),
        micro_f1=score(after),
        float_micro_f1=score(before),
    )


def _examples(bundle: Bundle, x: NDArray[np.float32], found: NDArray[np.float64]) -> str:
    about = bundle.manifest
    content = {
        "classes": about.classes,
        "threshold": about.threshold,
        "rate_hz": about.rate_hz,
        "shape": x.shape,
        "windows": [[float(f"{value:.9g}") for value in one.ravel()] for one in x],
        "probabilities": found.tolist(),
    }
    return json.dumps(content, ensure_ascii=False) + "\n"
