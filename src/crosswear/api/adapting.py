"""A model for own recordings, its expected scores as frames."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crosswear.adaptation.from_recordings import AdaptationSettings, Adapted
from crosswear.adaptation.from_recordings import adapt as adapt_recordings
from crosswear.adaptation.report_files import summary
from crosswear.api.display import note, status_shown
from crosswear.api.folders import cache_folder, data_folder
from crosswear.core.config import PreparationConfig
from crosswear.study.sources import resolve_studies

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False, repr=False)
class AdaptedModel:
    """The bundle that `adapt` has written, and what to expect of it.

    Attributes:
        made: the bundle's folder, every finding, and the files of the report.
    """

    made: Adapted

    @property
    def bundle(self) -> Path:
        """Folder of the model, for `predict` and `export`."""
        return self.made.bundle

    @property
    def candidates(self) -> pd.DataFrame:
        """A row for each candidate, the chosen one first: micro-F1 on windows held back."""
        import pandas as pd

        names = ["name", "micro_f1", "folds", "seconds"]
        standings = self.made.findings.standings
        return pd.DataFrame(
            [[getattr(one, name) for name in names] for one in standings], None, names
        )

    @property
    def classes(self) -> pd.DataFrame:
        """A row for each class: its F1 on windows held back, and what would help."""
        import pandas as pd

        return pd.DataFrame(vars(one) for one in self.made.findings.classes)

    @property
    def confusion(self) -> pd.DataFrame:
        """Counts [C, C] of windows held back; rows are true classes, columns answers."""
        import pandas as pd

        names = [one.name for one in self.made.findings.classes]
        return pd.DataFrame(self.made.findings.confusion, index=names, columns=names)

    @property
    def text(self) -> str:
        """The score to expect, its interval and advice: one sentence a line."""
        return "\n".join(summary(self.made.findings))

    def __repr__(self) -> str:
        return f"<model {str(self.bundle)!r}>\n{self.text}"


def adapt(
    recordings: str | Path,
    out: str | Path,
    *,
    sources: Sequence[str | Path] = ("auto",),
    data: str | Path | None = None,
    budget_s: float = 600.0,
    preparation: PreparationConfig | None = None,
) -> AdaptedModel:
    """Choose a model for recordings, write it as a bundle, and report how good it will be.

    The report lies beside the bundle, with `-report` after its name. Prepared domains are kept in
    the folder of CROSSWEAR_CACHE, or the user's.

    Args:
        recordings: a dataset, or the path of a `dataset.toml`.
        out: folder of the bundle; must not exist yet.
        sources: datasets, folders of runs or of imported encoders, or `auto`: what is in `data`.
        data: folder or URL with one folder per dataset; that of CROSSWEAR_DATA without it.
        budget_s: seconds to take, from the prepared windows on.
        preparation: of the windows.

    Raises:
        CrosswearError: if something exists already, recordings or sources cannot be read, or the
            windows cannot carry a choice.
    """
    preparation = preparation or PreparationConfig()
    folder, cache = data_folder(data), cache_folder(None)
    found = resolve_studies(sources, folder, cache, preparation)
    settings = AdaptationSettings(found, budget_s, preparation)
    with status_shown(f"Adapting, for up to {budget_s:.0f} s"):
        made = adapt_recordings(recordings, out, settings, data=folder, cache=cache, note=note)
    return AdaptedModel(made)
