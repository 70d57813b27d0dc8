"""The runner-up of a choice, stated beside every guess."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class RunnerUp:
    """The next best choice.

    Attributes:
        value: what would have been chosen.
        apart: how far behind it is, or why it is out.
    """

    value: Any
    apart: str
