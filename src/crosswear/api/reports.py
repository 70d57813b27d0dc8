"""Reports of studies: files on disk, their tables as frames."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from crosswear.core.errors import UsageError
from crosswear.core.files import expect_writable
from crosswear.evidence.records import StudyRecords, read_records
from crosswear.grid.store import Store
from crosswear.report.whole import Report, report_study
from crosswear.tables.reader import read_parquet

if TYPE_CHECKING:
    import pandas as pd


class StudyReport:
    """The report of a study, as it lies in a folder.

    The frames hold what the CSV files of the same names hold; docs/glossary.md describes their
    columns.

    Attributes:
        name: of the study.
        folder: of the report.
        made: how many cells it covers, its files and its summary.
    """

    def __init__(self, name: str, folder: Path, made: Report) -> None:
        self.name = name
        self.folder = folder
        self.made = made

    @classmethod
    def write(
        cls, records: StudyRecords | str | Path, out: str | Path, allow_partial: bool = False
    ) -> StudyReport:
        """Write the report of a study and its records; neither data nor cells are needed.

        Args:
            records: of the study, or their file, `records.parquet`.
            out: folder, of this study or new.
            allow_partial: write even if cells are not done; the report says which.

        Raises:
            StoreError: if the records cannot be read, or the folder belongs to something else.
            IncompleteError: if cells are not done and `allow_partial` is false.
            DiskError: if a file cannot be written.
        """
        out = Path(out)
        found = read_records(Path(records)) if isinstance(records, str | Path) else records
        Store(out).check_owner(found.study)
        expect_writable(folder=out)
        return cls(found.study.name, out, report_study(found, out, allow_partial))

    @property
    def page(self) -> Path:
        """The report as one HTML file."""
        return self.folder / "index.html"

    @property
    def text(self) -> str:
        """The verdict in one paragraph; below it, whether the data are simulated."""
        return "\n".join(part for part in (self.made.summary, self.made.notice) if part)

    @property
    def cells(self) -> pd.DataFrame:
        """A row for each cell, done or not."""
        return self.frame("results")

    @property
    def scores(self) -> pd.DataFrame:
        """A row for each target, size and method: micro-F1 with its interval."""
        return self.frame("scores")

    @property
    def verdicts(self) -> pd.DataFrame:
        """A row for each target, source and size: whether transfer helps."""
        return self.frame("verdicts")

    @property
    def findings(self) -> pd.DataFrame:
        """A row for each question about the whole study."""
        return self.frame("findings")

    @property
    def per_class(self) -> pd.DataFrame:
        """A row for each class of each score."""
        return self.frame("per_class")

    def frame(self, name: str) -> pd.DataFrame:
        """Return a table of the report by the name of its file, such as `similarities`.

        Raises:
            UsageError: if the report has no such table.
        """
        names = sorted(path.stem for path in self.made.paths if path.suffix == ".csv")
        if name not in names:
            raise UsageError(
                f"no table is called {name!r}",
                where=str(self.folder),
                expected=f"one of {', '.join(names)}",
            )
        return read_parquet(self.folder / f"{name}.parquet").to_pandas()

    def __repr__(self) -> str:
        return f"<report of {self.name!r}: {self.made.done} of {self.made.expected} cells>"

    def _repr_markdown_(self) -> str:
        return f"**{self.name}**: {self.text}\n\nPage: `{self.page}`"
