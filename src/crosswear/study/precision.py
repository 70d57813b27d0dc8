"""The precision of a study's networks on this machine, decided before its cells are laid out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from crosswear.core.config import Precision, Precisions
from crosswear.core.texts import Note
from crosswear.engine.device import DEVICES
from crosswear.engine.precision_timing import time_precisions
from crosswear.grid.experiment import StudyDesign
from crosswear.grid.store import Store
from crosswear.grid.study_file import precisions_of
from crosswear.study.execution import ExecutionSettings
from crosswear.study.load import LoadedStudy


@dataclass(frozen=True)
class PrecisionChoice:
    """The precisions of a study's networks, and the reason.

    Attributes:
        source: of source networks.
        adaptation: of networks on adaptation sets.
        reason: why they are those.
    """

    source: Precision
    adaptation: Precision
    reason: str

    def __str__(self) -> str:
        named: str = self.source
        if self.adaptation != self.source:
            named = f"{self.source} for sources, {self.adaptation} for adaptation"
        return f"precision: {named} ({self.reason})"


def decide_precision(
    opened: LoadedStudy,
    store: Store,
    where: ExecutionSettings,
    note: Note,
    other: Store | None = None,
) -> tuple[LoadedStudy, PrecisionChoice | None]:
    """Lay out a study in the precision of its file, or in the one that is faster on this machine.

    A run keeps the precision that it began with, on every machine.

    Args:
        opened: the study.
        store: its output folder.
        where: who trains.
        note: takes a sentence if networks are trained in bfloat16 and it is slower here.
        other: folder of another run whose records will be taken; a new run begins like it.

    Returns:
        The study with its cells, and the choice; no choice if the study trains no networks.

    Raises:
        StoreError: if the folder of the run does not name its precisions.
    """
    if not (opened.study.grid.networks or opened.study.grid.alignments):
        return opened, None
    stores = [store, other] if other else [store]
    by, reason = _decision(opened.study, stores, where)
    opened = opened.decided(by)
    found = precisions_of(opened.study)
    trained_here = where.cluster is None
    if trained_here and "bfloat16" in (found.source, found.adaptation):
        times = time_precisions(opened.study.model.name, where.device)
        if times.bfloat16_is_slower:
            note(
                f"networks are trained in bfloat16, and {times}; "
                'precision = "auto" in a new run takes the faster of the two'
            )
    return opened, PrecisionChoice(found.source, found.adaptation, reason)


def kept_precision(opened: LoadedStudy, store: Store) -> LoadedStudy:
    """Lay out a study in the precision of the run in its folder; nothing is measured.

    Raises:
        StoreError: if the folder of the run does not name its precisions.
    """
    return opened.decided(store.precisions() or Precisions())


def _decision(
    study: StudyDesign, stores: Sequence[Store], where: ExecutionSettings
) -> tuple[Precisions, str]:
    """Return what `auto` stands for, and the reason."""
    if "auto" not in (study.source.precision, study.adaptation.precision):
        return Precisions(), "as the study file asks"
    for store in stores:
        kept = store.precisions()
        if kept is not None:
            return kept, f"as the run in {store.folder} began"
    if not DEVICES[where.device].available():
        return Precisions(), f"{where.device} of the cluster cannot be measured from here"
    times = time_precisions(study.model.name, where.device)
    return Precisions(times.faster, times.faster), str(times)
