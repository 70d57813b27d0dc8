"""`crosswear pretrain`: an encoder from many datasets at once."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from crosswear.api.folders import DEFAULT_CACHE
from crosswear.cli.encoder import NewFolder, print_encoder
from crosswear.cli.options import AsJson, CacheFolder, DataFolder
from crosswear.cli.study import Device
from crosswear.core.interruption import remains


def pretrain(
    file: Annotated[
        Path, typer.Argument(metavar="FILE.toml", help="Domains, and how to learn from them.")
    ],
    out: NewFolder,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(metavar="DOMAIN", help="A domain not to learn from. Repeatable."),
    ] = None,
    data: DataFolder = None,
    cache: CacheFolder = DEFAULT_CACHE,
    device: Device = "cpu",
    as_json: AsJson = False,
) -> None:
    """Train an encoder on many datasets at once, as a source for studies."""
    remains("no encoder is written")
    from crosswear.api.encoders import pretrain as pretrain_

    made = pretrain_(file, out, data=data, cache=cache, leave_out=leave_out or (), device=device)
    print_encoder(made, as_json)
