"""Study files as they lie on disk. Nothing is prepared, so nothing slow is imported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from importlib import resources
from pathlib import Path
from types import MappingProxyType

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
    text = read_settings(path, "docs/study.md")
    study = parse_study(text, str(path))
    # Names in the copy that a run has made are relative to the folder of the original.
    kept = Store(path.parent).folders() if path.name == COPY else {}
    domains = beside(study.domains, path.parent, kept)
    encoders = {
        name: kept.get(folder, str(path.parent / folder)) for name, folder in study.encoders.items()
    }
    return replace(study, domains=domains, encoders=encoders), text


def read_settings(path: Path, document: str) -> str:
    """Return the text of a study file, or of one like it.

    Args:
        path: of the file.
        document: that shows such files.

    Raises:
        StudyFileError: if it cannot be read.
    """
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise StudyFileError(
            f"cannot be read: {reason}",
            where=str(path),
            expected="a TOML file in UTF-8",
            todo=f"check the path; {document} shows what such a file looks like",
        ) from error


def beside(
    domains: Mapping[str, str], folder: Path, kept: Mapping[str, str] = MappingProxyType({})
) -> dict[str, str]:
    """Own recordings are named relative to the study file, wherever the command is given.

    Args:
        domains: references by the names of domains.
        folder: of the study file.
        kept: paths of references that lie elsewhere, see `Store.folders`.
    """
    return {
        name: kept.get(reference, str(folder / reference))
        if reference.endswith(".toml")
        else reference
        for name, reference in domains.items()
    }
