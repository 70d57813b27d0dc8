"""Check of domains: windows are learned from as one only if they have equal channels.

From network to network channels are mapped by their sensors (`crosswear.networks.transfer`), so the
sources and targets of a transfer may have different ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from crosswear.core.config import ARCHITECTURES
from crosswear.core.errors import StudyFileError
from crosswear.core.recording import ACCELEROMETER
from crosswear.datasets.domain import Domain
from crosswear.grid.experiment import Cell, StudyDesign
from crosswear.grid.methods import METHODS


def windows_read(cell: Cell) -> tuple[str, ...]:
    """Names of the domains whose windows a cell learns from or is tested on, its target first."""
    others = cell.sources if METHODS[cell.method].reads == "windows" else ()
    return (*cell.targets, *others)


def check_sensors(
    study: StudyDesign, domains: Mapping[tuple[str, int], Domain], cells: Iterable[Cell]
) -> None:
    """See to it that every cell can be learned from windows of one kind.

    Raises:
        StudyFileError: if the network does not take a domain's sensors, or a joint source, a
            whitening or an alignment would put domains of different sensors together.
    """
    network = study.model.name
    for (name, _), domain in domains.items():
        if domain.sensors != ACCELEROMETER and not ARCHITECTURES[network].gyroscope:
            raise StudyFileError(
                f"network {network!r} takes acceleration alone",
                where=f"domains.{name}",
                expected=f"{study.domains[name]} without sensors=…",
                todo="or choose another network in [model]",
            )
    for names, split in dict.fromkeys((windows_read(cell), cell.split) for cell in cells):
        first, *others = names
        for other in others:
            if domains[other, split].sensors != domains[first, split].sensors:
                raise StudyFileError(
                    "their windows have channels of different sensors, and are learned from "
                    "together",
                    where=f"domains.{first} and domains.{other}",
                    expected="the same sensors in joint sources, whitening and alignments",
                    todo="give both the same sensors=…, or leave one of the two out",
                )
