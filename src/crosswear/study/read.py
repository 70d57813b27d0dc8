"""Study files as they lie on disk. Nothing is prepared, so nothing slow is imported."""

from __future__ import annotations

from dataclasses import replace
from importlib import resources
from pathlib import Path

from crosswear.core.errors import StudyFileError
from crosswear.grid.experiment import StudyDesign
from crosswear.grid.store import COPY, Store
from crosswear.grid.study_file import parse_study


def read_study(path: str | Path | None) -> tuple[StudyDesign, str]:
    """Read and check a study file.

    Args:
        path: of the file, or its text in several lines; the quickstart on simulated domains
            without it.

    Raises:
        StudyFileError: if it cannot be read or holds what it should not.
    """
    if path is None:
        text = resources.files("crosswear").joinpath("quickstart.toml").read_text("utf-8")
        return parse_study(text, "quickstart.toml"), text
    if isinstance(path, str) and "\n" in path:
        return parse_study(path, "study"), path
    path = Path(path)
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise StudyFileError(
            f"cannot be read: {reason}",
            where=str(path),
            expected="a TOML file in UTF-8",
            todo="check the path; docs/study.md shows what such a file looks like",
        ) from error
    study = parse_study(text, str(path))
    # Names are relative to the study file, wherever the command is given; of the copy that a run
    # has made, to the original.
    kept = Store(path.parent).folders() if path.name == COPY else {}

    def beside(name: str) -> str:
        return kept.get(name, str(path.parent / name))

    domains = {
        name: beside(reference) if reference.endswith(".toml") else reference
        for name, reference in study.domains.items()
    }
    encoders = {name: beside(folder) for name, folder in study.encoders.items()}
    return replace(study, domains=domains, encoders=encoders), text
