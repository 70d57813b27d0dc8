"""Residual blocks: torch's operations against the compiled ones, on one thread.

    python benchmarks/kernels.py --precision float32

Microseconds for a window of the study's network (three channels, 100 samples), and the share of the
rate of a product of 1024 × 1024 matrices in the same run, as if convolved without tiles.
"""

from __future__ import annotations

import copy
import os
import statistics
import sys
from collections import Counter
from collections.abc import Callable
from typing import Annotated

import torch
import typer
from engine import matrix_rate, seconds
from rich.console import Console
from rich.table import Table
from torch import Tensor

from crosswear.core.config import RESIDUAL
from crosswear.engine.executors.processes import keep_freed_memory
from crosswear.networks.kernels import SWITCH, compiled_code, implementation
from crosswear.networks.models.multi_resnet import ResidualBlock

CHANNELS, SAMPLES, REPEATS = 3, 100, 15
PASSES = {"forwards": 1, "backwards": 2, "scoring": 1}
"""Number of times that the multiply-adds of a block are computed."""
WAYS = ("torch", "compiled")
COLUMNS = tuple((what, way) for what in PASSES for way in WAYS)


def median(call: Callable[[], object]) -> float:
    """The seconds that it takes, after a call that is not counted."""
    call()
    return statistics.median(seconds(call) for _ in range(REPEATS))


def measure(block: ResidualBlock, x: Tensor, precision: torch.dtype) -> dict[str, float]:
    """Seconds of a batch forwards, backwards and in scoring."""
    block = copy.deepcopy(block).train()

    @torch.autocast("cpu", precision, enabled=precision != torch.float32)
    def forwards() -> Tensor:
        y: Tensor = block(x)
        return y

    toward = torch.randn_like(forwards())

    def step() -> None:
        block.zero_grad()
        x.grad = None
        forwards().backward(toward)  # type: ignore[no-untyped-call]

    forward, both = median(forwards), median(step)
    block.eval()
    return {
        "forwards": forward,
        "backwards": both - forward,
        "scoring": median(torch.no_grad()(forwards)),
    }


def main(
    windows: Annotated[int, typer.Option(help="In a batch.")] = 256,
    precision: Annotated[str, typer.Option(help="float32 or bfloat16.")] = "float32",
) -> None:
    """Measure and print."""
    if compiled_code() is None:
        sys.exit("there are no compiled blocks: no compiler, another processor, or switched off")
    version, dtype = implementation(), getattr(torch, precision)
    torch.set_num_threads(1)
    keep_freed_memory()
    rate = matrix_rate(dtype)
    table = Table("block", *(f"{what}, {way}" for what, way in COLUMNS))
    total: Counter[tuple[str, str]] = Counter()
    length, before = SAMPLES, 1
    for after in RESIDUAL.filters:
        block = ResidualBlock(CHANNELS, before, after, 1).to(memory_format=torch.channels_last)
        x = torch.randn(windows, CHANNELS * before, 1, length, dtype=dtype)
        x = x.contiguous(memory_format=torch.channels_last).requires_grad_()
        took = {}
        for way in WAYS:
            os.environ[SWITCH] = "off" if way == "torch" else version
            implementation.cache_clear()
            for what, batch in measure(block, x, dtype).items():
                took[what, way] = batch / windows
        total.update(took)
        flops = 2 * CHANNELS * length * after * (4 * before + 6 * after)
        shares = {cell: flops * PASSES[cell[0]] / took[cell] / rate for cell in COLUMNS}
        texts = (f"{took[cell] * 1e6:.1f} ({shares[cell]:.0%})" for cell in COLUMNS)
        table.add_row(f"{before}-{after}, {length} samples", *texts)
        length, before = (length - 1) // 2, after
    table.add_row("all", *(f"{total[cell] * 1e6:.1f}" for cell in COLUMNS))
    console = Console(width=130)
    heading = f"{version}, {precision}, one thread, {windows} windows"
    console.print(f"{heading}; matrix product {rate / 1e9:.0f} GFLOP/s", table)


if __name__ == "__main__":
    typer.run(main)
