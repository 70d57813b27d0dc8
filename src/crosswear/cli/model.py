"""`crosswear model`: the networks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from crosswear.cli.options import AsJson
from crosswear.cli.output import print_json, print_table

if TYPE_CHECKING:
    from crosswear.core.config import ModelConfig

model_app = typer.Typer(name="model", help="The networks.", no_args_is_help=True)

DEPTHS = (3, 5)

Classes = Annotated[int, typer.Option(min=2, help="Number of classes.")]
Samples = Annotated[int, typer.Option(min=2, help="Samples in a window.")]


@model_app.callback()
def model() -> None:
    """The networks."""


@model_app.command("list")
def list_networks(classes: Classes = 10, samples: Samples = 100, as_json: AsJson = False) -> None:
    """List the networks with their default filters, transferable blocks and sizes."""
    from crosswear.core.config import ModelConfig
    from crosswear.networks.models import NETWORKS

    found = [_network_row(ModelConfig(name), classes, samples) for name in NETWORKS]
    if as_json:
        print_json(found)
        return
    print_table(
        f"{classes} classes, windows of {samples} samples",
        ["network", "filters", "blocks", "spectral branch", "parameters", "multiply-adds"],
        [
            [
                one["name"],
                ", ".join(map(str, one["filters"])),
                ", ".join(one["blocks"]),
                "yes" if one["spectral"] else "no",
                f"{one['parameters']:,}",
                f"{one['multiply_adds']:,}",
            ]
            for one in found
        ],
    )


def _network_row(config: ModelConfig, classes: int, samples: int) -> dict[str, Any]:
    from crosswear.networks.models import build, declared, summarise

    counted = summarise(config, classes, samples)
    parts = declared(build(config, classes, samples, seed=0))
    return {
        "name": config.name,
        "filters": config.filters,
        "dropout": config.dropout,
        "blocks": [unit[-1].removeprefix("blocks.") for unit in parts.transfer_units],
        "spectral": bool(parts.spectral_unit),
        "parameters": counted.parameters[""],
        "multiply_adds": counted.multiply_adds[""],
    }


@model_app.command()
def summary(
    name: Annotated[str, typer.Option(help="One of `model list`.")] = "multi-resnet",
    depth: Annotated[
        int | None,
        typer.Option(
            min=DEPTHS[0],
            max=DEPTHS[1],
            help="Residual blocks or convolutions.",
            show_default="the network's own",
        ),
    ] = None,
    classes: Classes = 10,
    samples: Samples = 100,
    as_json: AsJson = False,
) -> None:
    """Print parameters, multiply-adds and output shape of every part of a network."""
    from crosswear.core.config import ModelConfig
    from crosswear.networks.models import summarise

    default = ModelConfig(name)
    filters = default.filters + default.filters[-1:] * DEPTHS[1]  # deeper ones end alike
    config = replace(default, filters=filters[: depth or len(default.filters)])
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
        f"{name}, depth {len(config.filters)}, {classes} classes, windows of {samples} samples",
        ["part", "output", "parameters", "multiply-adds per window"],
        [*rows[1:], rows[0]],
    )
