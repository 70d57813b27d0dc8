"""`crosswear export`: the model of a bundle for other runtimes."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from crosswear.api.folders import DEFAULT_CACHE
from crosswear.cli.options import AsJson, BundleFolder, CacheFolder, DataFolder
from crosswear.cli.output import print_json, print_table
from crosswear.core.texts import counted

if TYPE_CHECKING:
    from crosswear.deploy.export import Exported


def export(
    bundle: BundleFolder,
    out: Annotated[Path, typer.Option(help="File to write.")],
    format_: Annotated[
        Literal["onnx"], typer.Option("--format", help="Format of the file.")
    ] = "onnx",
    quantize: Annotated[
        Literal["int8"] | None,
        typer.Option(help="Store the weights of dense layers in eight bits."),
    ] = None,
    windows: Annotated[
        str | None,
        typer.Option(
            metavar="DATASET", help="Windows to check it on: a dataset, or a dataset.toml."
        ),
    ] = None,
    examples: Annotated[
        Path | None,
        typer.Option(help="JSON file to write as well: some windows and probabilities."),
    ] = None,
    data: DataFolder = None,
    cache: CacheFolder = DEFAULT_CACHE,
    as_json: AsJson = False,
) -> None:
    """Write the model as ONNX after comparing it with the bundle; print size and latency."""
    from crosswear.api.bundles import DatasetWindows
    from crosswear.api.bundles import export as export_

    result = export_(
        bundle,
        out,
        windows=DatasetWindows(windows, data, cache) if windows else None,
        int8=quantize == "int8",
        examples=examples,
    )
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
