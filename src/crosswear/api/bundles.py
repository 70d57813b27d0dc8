"""Models in bundles: recognise activities with one, or export it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from crosswear.api.display import note, status_shown
from crosswear.api.folders import cache_folder, data_folder
from crosswear.core.errors import UsageError
from crosswear.core.files import expect_writable, spare
from crosswear.core.packages import expect_packages
from crosswear.deploy.bundle import Bundle, load_bundle
from crosswear.deploy.bundle.manifest import Manifest
from crosswear.deploy.recognise.inputs import Overrides
from crosswear.deploy.recognise.recognised import Recognised, recognise_files
from crosswear.networks.threads import one_torch_thread

if TYPE_CHECKING:
    import pandas as pd

    from crosswear.deploy.export import Exported
    from crosswear.deploy.export.check_windows import CheckWindows


@dataclass(frozen=True, eq=False)
class Recognition:
    """Activities that a model recognised in some files.

    Attributes:
        about: the model.
        files: what was recognised in each.
    """

    about: Manifest
    files: tuple[Recognised, ...]

    @property
    def frame(self) -> pd.DataFrame:
        """A row for each window, with the columns of the CSV file and every probability."""
        import pandas as pd

        from crosswear.deploy.recognise.timeline import COLUMNS

        classes = [f"p {name}" for name in self.about.classes]
        rows = [
            (one.file, *(getattr(event, name) for name in COLUMNS[1:]), *event.probabilities)
            for one in self.files
            for event in one.events
        ]
        return pd.DataFrame(rows, columns=[*COLUMNS, *classes])


def predict(
    bundle: str | Path,
    files: str | Path | Sequence[str | Path],
    out: str | Path | None = None,
    *,
    overrides: Overrides | None = None,
    layout: str | Path | None = None,
) -> pd.DataFrame:
    """Recognise activities in recordings of any rate and unit.

    Args:
        bundle: folder of the model.
        files: CSV, Parquet or device files, or folders with a `dataset.toml`.
        out: CSV file to write; a PNG goes next to it.
        overrides: columns, rate and unit of the files; what is None is found in the files.
        layout: a `dataset.toml` that describes the files.

    Returns:
        A row for each window: `file`, `start_s`, `end_s`, `label`, `smoothed`, `probability`,
        `unsure`, `reason`, `worn`, and the probability of each class.

    Raises:
        MissingDataError: if a file is not there.
        DataFormatError: if one is no recording.
        UsageError: if columns, rate or unit of a file cannot be found.
        DiskError: if the timeline cannot be written.
    """
    return recognise(
        bundle, files, out, overrides=overrides, layout=layout, probabilities=True
    ).frame


def recognise(
    bundle: str | Path,
    files: str | Path | Sequence[str | Path],
    out: str | Path | None = None,
    *,
    overrides: Overrides | None = None,
    layout: str | Path | None = None,
    probabilities: bool = False,
) -> Recognition:
    """Return what `predict` recognises, with what was found out about each file.

    Args:
        bundle: as in `predict`.
        files: as in `predict`.
        out: as in `predict`.
        overrides: as in `predict`.
        layout: as in `predict`.
        probabilities: write the probability of every class to `out`, too.
    """
    bundle = Path(bundle)
    paths = [Path(one) for one in ([files] if isinstance(files, str | Path) else files)]
    written = None if out is None else _timeline_files(Path(out), [bundle, *paths])
    model = load_bundle(bundle)
    # More threads are no faster with windows of this size.
    with one_torch_thread(), status_shown("Reading") as status:
        found = recognise_files(
            model,
            paths,
            overrides or Overrides(),
            None if layout is None else Path(layout),
            lambda file: status(f"Reading {file!r}"),
        )
    for one in found:
        for sentence in one.notes:
            note(f"{one.file}: {sentence}")
    recognition = Recognition(model.manifest, tuple(found))
    if written is not None:
        _write(recognition, *written, probabilities=probabilities)
    return recognition


def _timeline_files(out: Path, inputs: Sequence[Path]) -> tuple[Path, Path]:
    """The table and the picture that can be written, replacing no input."""
    expect_writable(out)  # before its name is changed: a folder may have none
    picture = out.with_suffix(".png")
    if picture == out:
        raise UsageError(
            "the timeline is a table", where=str(out), expected="a name that ends in .csv"
        )
    spare(inputs, out, picture)
    return out, picture


def _write(recognition: Recognition, table: Path, picture: Path, *, probabilities: bool) -> None:
    from crosswear.deploy.recognise.timeline import draw_timeline, write_timeline

    about = recognition.about
    timeline = {one.file: one.events for one in recognition.files}
    write_timeline(table, timeline, about.classes, probabilities=probabilities)
    draw_timeline(picture, timeline, about.classes, about.hop_s)


@dataclass(frozen=True)
class DatasetWindows:
    """Windows of a dataset to check an export on.

    Attributes:
        reference: a dataset, or the path of a `dataset.toml`.
        data: folder or URL with one folder per dataset; that of CROSSWEAR_DATA without it.
        cache: folder of prepared domains; that of CROSSWEAR_CACHE, or the user's, without it.
    """

    reference: str | Path
    data: str | Path | None = None
    cache: str | Path | None = None


def export(
    bundle: str | Path,
    out: str | Path,
    *,
    windows: str | Path | DatasetWindows | None = None,
    int8: bool = False,
    examples: str | Path | None = None,
) -> Exported:
    """Write a bundle's model as ONNX, after checking it window by window.

    Args:
        bundle: folder of the model.
        out: file to write.
        windows: to check it on: a dataset, or the path of a `dataset.toml`; simulated windows
            without it.
        int8: weights of dense layers in eight bits.
        examples: JSON file to write, too: some windows and their probabilities.

    Returns:
        Size, latency, and the largest difference to the bundle.

    Raises:
        UsageError: if onnx or onnxruntime are not installed.
        ExportError: if the model cannot be exported, or the file differs from it.
        DiskError: if a file cannot be written.
    """
    expect_packages("the export", ("onnx", "onnxruntime"), "onnx")
    from crosswear.deploy.export import export_onnx

    bundle, out = Path(bundle), Path(out)
    examples = None if examples is None else Path(examples)
    spare([bundle], out, *([examples] if examples else []))
    model = load_bundle(bundle)
    if isinstance(windows, str | Path):
        windows = DatasetWindows(windows)
    checked = _windows(model, windows)
    with one_torch_thread():  # latency is that of one core
        return export_onnx(model, out, checked, int8=int8, examples=examples)


def _windows(model: Bundle, named: DatasetWindows | None) -> CheckWindows:
    from crosswear.deploy.export.check_windows import simulated_windows, windows_of_dataset

    if named is None:
        note("checked on simulated windows only; to check it on real ones, name a dataset")
        return simulated_windows(model)
    folders = data_folder(named.data), cache_folder(named.cache)
    return windows_of_dataset(model, str(named.reference), *folders, note)
