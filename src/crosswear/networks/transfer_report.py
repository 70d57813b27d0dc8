"""The record of a transfer: modules and weights that came from a source."""

from __future__ import annotations

from pydantic.dataclasses import dataclass

from crosswear.core.config import SETTINGS


@dataclass(frozen=True, config=SETTINGS)
class TransferReport:
    """Result of a plan.

    Attributes:
        copied: weights and statistics that came from the source.
        fresh: weights and statistics that the network kept; with `copied` these are all.
        frozen: modules that are not trained.
        left: weights and statistics of the source that were left behind: of a sensor that the
            network has not.
    """

    copied: tuple[str, ...]
    fresh: tuple[str, ...]
    frozen: tuple[str, ...]
    left: tuple[str, ...] = ()
