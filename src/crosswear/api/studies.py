"""Studies: load one, plan it, run it, report it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from crosswear.api.display import LOG, note, parts_shown, progress_shown
from crosswear.api.folders import cache_folder, data_folder
from crosswear.core.data_place import DataPlace
from crosswear.core.errors import StoreError
from crosswear.engine.measuring import measuring_processes
from crosswear.grid.experiment import StudyDesign
from crosswear.grid.store import Store
from crosswear.study.execution import ExecutionSettings, execution_settings
from crosswear.study.read import read_study

if TYPE_CHECKING:  # slow to import: methods do so where they need it
    import pandas as pd

    from crosswear.api.reports import StudyReport
    from crosswear.datasets.parts import Spread
    from crosswear.evidence.records import StudyRecords
    from crosswear.study.load import LoadedStudy
    from crosswear.study.pending import RunStatus
    from crosswear.study.plan import Plan
    from crosswear.study.precision import PrecisionChoice

Device = Literal["cpu", "cuda"]


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """A study file, checked. Its domains are prepared when a call first needs them.

    Attributes:
        design: the study file, its defaults filled in.
        text: the study file as it was written.
        data: folder or URL with one folder per dataset.
        cache: folder of prepared domains.
    """

    design: StudyDesign
    text: str
    data: DataPlace | None
    cache: Path

    @classmethod
    def load(
        cls,
        file: str | Path | None = None,
        data: str | Path | None = None,
        cache: str | Path | None = None,
    ) -> Study:
        """Read and check a study file.

        Args:
            file: its path, or its text in several lines; the quickstart on simulated domains
                without it.
            data: folder or URL with one folder per dataset; that of CROSSWEAR_DATA without it.
            cache: folder of prepared domains; that of CROSSWEAR_CACHE, or the user's, without it.

        Raises:
            StudyFileError: if it cannot be read or holds what it should not.
        """
        design, text = read_study(file)
        return cls(design, text, data_folder(data), cache_folder(cache))

    @cached_property
    def loaded(self) -> LoadedStudy:
        """The study with its domains prepared and its cells laid out.

        Where the file leaves the precision to the machine, these cells are in float32; those of a
        run are in `Run.loaded`.
        """
        from crosswear.datasets.parts import one_by_one

        return self._load(one_by_one)

    def _load(self, spread: Spread) -> LoadedStudy:
        from crosswear.study.load import load_study

        spread = parts_shown(spread)
        return load_study(self.design, self.text, self.data, self.cache, note, spread)

    def _loaded_by(self, where: ExecutionSettings) -> LoadedStudy:
        """Return `loaded`, prepared by the workers that will train if it is not yet."""
        if "loaded" not in vars(self):
            vars(self)["loaded"] = self._load(where.spread())
        return self.loaded

    def plan(
        self,
        out: str | Path | None = None,
        workers: int | None = None,
        device: Device = "cpu",
        reuse: str | Path | None = None,
    ) -> Plan:
        """Count what is still to train, and measure how long that takes on this machine.

        Args:
            out: folder of the run, as in `run`.
            workers: processes that will train at the same time, as in `run`.
            device: where they will train.
            reuse: folder of another run, as in `run`.

        Raises:
            UsageError: in a script without a main guard that asks for several workers.
            StoreError: if the folder belongs to another study, or no run is in that of `reuse`.
        """
        where = execution_settings(workers, device, None)
        where.expect_startable()
        with measuring_processes(where.workers) as processes:
            from crosswear.study.plan import plan_study  # while they import the same
            from crosswear.study.precision import decide_precision

            run, other = Run(self, out), _store_of(reuse)
            loaded, precision = decide_precision(
                self._loaded_by(where), run.store, where, note, other
            )
            return plan_study(loaded, run.store, where, processes, precision, other)

    def run(
        self,
        out: str | Path | None = None,
        workers: int | None = None,
        device: Device = "cpu",
        cluster: str | None = None,
        reuse: str | Path | None = None,
    ) -> Run:
        """Train what is missing, with a progress bar in a terminal or a notebook.

        Interrupted at any moment, the same call goes on with what is missing.

        Args:
            out: folder of the run; ``runs/NAME`` without it.
            workers: processes; as many as processors without it.
            device: where networks train.
            cluster: address of the scheduler of a dask.distributed cluster; `local` starts one.
            reuse: folder of another run; records and source networks of cells that both have are
                copied from it.

        Raises:
            UsageError: in a script without a main guard that asks for several workers, or if this
                machine has no such device.
            StoreError: if the folder belongs to another study or another run, or no run is in that
                of `reuse`.
            DiskError: if a record cannot be written; what was finished before is kept.
            EngineError: if worker processes keep dying.
        """
        from crosswear.study.precision import decide_precision
        from crosswear.study.run import run_study

        where = execution_settings(workers, device, cluster)
        where.expect_startable()
        run, other = Run(self, out), _store_of(reuse)
        loaded, run.precision = decide_precision(
            self._loaded_by(where), run.store, where, note, other
        )
        if run.precision is not None:
            LOG.info(str(run.precision))
        with progress_shown() as progress:
            run.summary = run_study(loaded, run.store, where, progress, note, other)
        for key in run.summary.failed:
            place = run.folder / "failed" / f"{key}.json"
            note(f"failed: {loaded.cells[key].describe()}: see {place}")
        return run

    def __repr__(self) -> str:
        return f"<study {self.design.name!r}: {', '.join(self.design.domains)}>"


class Run:
    """A study and the folder of its records.

    Attributes:
        study: the study.
        folder: of its records.
        summary: how many cells `Study.run` has found and trained, and which have failed.
        precision: in which precision `Study.run` has trained networks, and why.
    """

    def __init__(self, study: Study, out: str | Path | None = None) -> None:
        """Name the folder of a study; nothing is written.

        Raises:
            StoreError: if the folder belongs to another study.
        """
        from crosswear.study.run import RunSummary

        self.study = study
        self._named = out is not None
        self.store = Store(out or Path("runs") / study.design.name)
        self.store.check_owner(study.design)
        self.folder = self.store.folder
        self.summary = RunSummary(found=0, trained=0, failed=())
        self.precision: PrecisionChoice | None = None

    @classmethod
    def open(
        cls, folder: str | Path, data: str | Path | None = None, cache: str | Path | None = None
    ) -> Run:
        """Open the folder of a run.

        Args:
            folder: `out` of the run.
            data: folder or URL with one folder per dataset, as in `Study.load`.
            cache: folder of prepared domains, as in `Study.load`.

        Raises:
            StoreError: if no run has written to the folder.
        """
        file = Path(folder) / "study.toml"
        if not file.is_file():
            raise _no_run(folder)
        return cls(Study.load(file, data, cache), folder)

    @property
    def loaded(self) -> LoadedStudy:
        """The study with its cells laid out in the precision of the run."""
        from crosswear.study.precision import kept_precision

        return kept_precision(self.study.loaded, self.store)

    @property
    def status(self) -> RunStatus:
        """Return how many cells are done, missing, failed, and damaged, which count as missing.

        Raises:
            StoreError: if a folder was named that does not exist.
        """
        from crosswear.study.pending import run_status

        if self._named and not self.folder.exists():
            raise _no_run(self.folder)
        return run_status(self.loaded, self.store)

    @property
    def failures(self) -> pd.DataFrame:
        """A row for each failed cell: its key, the cell in words, and its traceback."""
        import pandas as pd

        cells = self.loaded.cells
        rows = [
            (key, cells[key].describe(), self.store.traceback(key))
            for key in sorted(self.store.failed(cells))
        ]
        return pd.DataFrame(rows, columns=["key", "cell", "traceback"])

    def report(self, out: str | Path | None = None, allow_partial: bool = False) -> StudyReport:
        """Write the page, figures, tables and text that show what the finished cells say.

        Args:
            out: folder of the report; beside the records without it.
            allow_partial: write it even if cells are missing; they are hatched.

        Raises:
            IncompleteError: if cells are not done and `allow_partial` is false.
            StoreError: if the folder belongs to something else.
            DiskError: if a file cannot be written.
        """
        from crosswear.api.reports import StudyReport

        return StudyReport.write(self.records(), out or self.folder, allow_partial)

    def records(self) -> StudyRecords:
        """Read every finished cell, as reports and comparisons are made from them."""
        from crosswear.study.collect import collect

        return collect(self.loaded, self.store, note)

    def __repr__(self) -> str:
        return f"<run of {self.study.design.name!r} in {self.folder}>"


def _store_of(folder: str | Path | None) -> Store | None:
    """Return the records of the run in a folder, if one is named."""
    if folder is not None and not (Path(folder) / "study.toml").is_file():
        raise _no_run(folder)
    return Store(folder) if folder is not None else None


def _no_run(folder: str | Path) -> StoreError:
    return StoreError(
        "there is no such run",
        where=str(folder),
        expected="the --out of a `study run`",
        todo="check the folder, or begin the run",
    )
