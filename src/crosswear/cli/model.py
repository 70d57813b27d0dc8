"""`crosswear model`: the networks."""

from __future__ import annotations

from typing import Annotated

import typer

from crosswear.cli.output import AsJson, print_json, print_table
from crosswear.config import ModelConfig
from crosswear.models import summarise

model_app = typer.Typer(name="model", help="The networks.", no_args_is_help=True)


@model_app.callback()
def model() -> None:
    """The networks."""


@model_app.command()
def summary(
    name: Annotated[str, typer.Option(help="A network of the registry.")] = "multi-resnet",
    depth: Annotated[int, typer.Option(min=3, max=5, help="Residual blocks.")] = 5,
    classes: Annotated[int, typer.Option(min=2, help="Number of classes.")] = 10,
    samples: Annotated[int, typer.Option(min=2, help="Samples in a window.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Parameters, multiply-adds and output shape of every part of a network."""
    default = ModelConfig()
    config = ModelConfig(name=name, filters=default.filters[:depth])
    counted = summarise(config, classes, samples)
    if as_json:
        print_json(counted)
        return
    rows = [
        [
            part or "all",
            "×".join(str(size) for size in counted.shapes[part]),
            f"{counted.parameters[part]:,}",
            f"{counted.multiply_adds[part]:,}",
        ]
        for part in counted.parameters
    ]
    print_table(
        f"{name}, depth {depth}, {classes} classes, windows of {samples} samples",
        ["part", "output", "parameters", "multiply-adds per window"],
        [*rows[1:], rows[0]],
    )
