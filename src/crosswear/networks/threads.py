"""The number of threads that torch and numeric libraries compute with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from threadpoolctl import threadpool_limits


@contextlib.contextmanager
def one_torch_thread() -> Iterator[None]:
    """Let torch use one thread in this process until the block ends."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Compute with one thread: sums over several threads depend on their number."""
    with one_torch_thread(), threadpool_limits(1):
        yield
