"""`crosswear export`: a bundle's model for other runtimes."""

from __future__ import annotations

import dataclasses
import importlib.util
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from crosswear.cli.options import DEFAULT_CACHE, AsJson, BundleFolder, CacheFolder, DataFolder
from crosswear.cli.output import print_json, print_note, print_table
from crosswear.core.errors import UsageError
from crosswear.core.files import spare
from crosswear.core.texts import counted, install

if TYPE_CHECKING:
    from crosswear.deploy.export import Exported


class Format(StrEnum):
    """Formats that a bundle can be exported to."""

    ONNX = "onnx"


class Quantization(StrEnum):
    """Types that weights can be quantised to."""

    INT8 = "int8"


def export(
    bundle: BundleFolder,
    out: Annotated[Path, typer.Option(help="File to write.")],
    format_: Annotated[Format, typer.Option("--format", help="Format of the file.")] = Format.ONNX,
    quantize: Annotated[
        Quantization | None, typer.Option(help="Weights of dense layers in eight bits.")
    ] = None,
    windows: Annotated[
        str | None,
        typer.Option(
            metavar="DATASET", help="Windows to check it on: a dataset, or a dataset.toml."
        ),
    ] = None,
    examples: Annotated[
        Path | None, typer.Option(help="JSON file with some windows and their probabilities.")
    ] = None,
    data: DataFolder = None,
    cache: CacheFolder = DEFAULT_CACHE,
    as_json: AsJson = False,
) -> None:
    """Write the model as ONNX, if it says what the bundle says; tell size and latency."""
    missing = [name for name in ("onnx", "onnxruntime") if importlib.util.find_spec(name) is None]
    if missing:
        raise UsageError(
            f"the export needs {' and '.join(missing)}, not installed here",
            where=f"--format {format_}",
            todo=install("onnx"),
        )
    from crosswear.deploy.bundle import load_bundle
    from crosswear.deploy.export import export_onnx, simulated_windows
    from crosswear.deploy.export.dataset import windows_of_dataset
    from crosswear.networks.models import one_torch_thread

    spare([bundle], out, *([examples] if examples else []))
    model = load_bundle(bundle)
    if windows is None:
        checked = simulated_windows(model)
        print_note("checked on simulated windows only; --windows DATASET checks it on real ones")
    else:
        checked = windows_of_dataset(model, windows, data, cache, print_note)
    int8 = quantize is Quantization.INT8
    with one_torch_thread():  # latency is that of one core
        result = export_onnx(model, out, checked, int8=int8, examples=examples)
    if as_json:
        print_json({**dataclasses.asdict(result), "file": str(result.file)})
        return
    _print(result)
    typer.echo(f"wrote {out}" + (f" and {examples}" if examples else ""))


def _print(result: Exported) -> None:
    rows = [
        ["size", f"{result.bytes / 1e6:.2f} MB"],
        ["checked on", f"{counted(result.windows, 'window')} of {result.source}"],
        ["largest difference to the bundle", f"{result.difference:.1e}"],
    ]
    for name, taken in (("onnxruntime", result.onnx), ("torch", result.torch)):
        rows.append([f"{name}, one core, one window at a time", f"{taken.single_ms:.2f} ms"])
        rows.append([f"{name}, sixteen together", f"{taken.together_ms:.2f} ms a window"])
    quantized = result.quantized
    if quantized:
        rows[2][0] = "largest difference before int8"
        rows += [
            ["size before int8", f"{quantized.float_bytes / 1e6:.2f} MB"],
            ["largest difference by int8", f"{quantized.difference:.1e}"],
            ["same class as before int8", f"{quantized.agreement:.2%} of the windows"],
        ]
        if quantized.micro_f1 is not None and quantized.float_micro_f1 is not None:
            score = f"{quantized.micro_f1:.4f} (before: {quantized.float_micro_f1:.4f})"
            rows.append(["micro-F1 with int8", score])
    print_table("Exported", ["what", "value"], rows)
