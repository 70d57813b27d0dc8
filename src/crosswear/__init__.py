"""Ask how much of what a network learned on someone else's movement data you can keep.

What most people need, under short names; each is imported when it is first asked for, so that
`import crosswear` takes no time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str

    from crosswear.adaptation.estimator import ActivityClassifier
    from crosswear.adaptation.recommend import recommend
    from crosswear.api.adapting import AdaptedModel, adapt
    from crosswear.api.bundles import DatasetWindows, export, predict
    from crosswear.api.comparing import StudyComparison, compare
    from crosswear.api.reports import StudyReport
    from crosswear.api.studies import Run, Study
    from crosswear.core.config import PreparationConfig
    from crosswear.core.errors import CrosswearError
    from crosswear.datasets.domain import Domain, load_domain
    from crosswear.datasets.prepare import prepare
    from crosswear.deploy.bundle import Bundle, load_bundle
    from crosswear.deploy.recognise.inputs import Overrides
    from crosswear.deploy.recognise.recognizer import Recognizer
    from crosswear.study.sources import find_sources

__all__ = [
    "ActivityClassifier",
    "AdaptedModel",
    "Bundle",
    "CrosswearError",
    "DatasetWindows",
    "Domain",
    "Overrides",
    "PreparationConfig",
    "Recognizer",
    "Run",
    "Study",
    "StudyComparison",
    "StudyReport",
    "adapt",
    "compare",
    "export",
    "find_sources",
    "load_bundle",
    "load_domain",
    "predict",
    "prepare",
    "recommend",
]

_HOMES = {
    "ActivityClassifier": "adaptation.estimator",
    "AdaptedModel": "api.adapting",
    "Bundle": "deploy.bundle",
    "CrosswearError": "core.errors",
    "DatasetWindows": "api.bundles",
    "Domain": "datasets.domain",
    "Overrides": "deploy.recognise.inputs",
    "PreparationConfig": "core.config",
    "Recognizer": "deploy.recognise.recognizer",
    "Run": "api.studies",
    "Study": "api.studies",
    "StudyComparison": "api.comparing",
    "StudyReport": "api.reports",
    "adapt": "api.adapting",
    "compare": "api.comparing",
    "export": "api.bundles",
    "find_sources": "study.sources",
    "load_bundle": "deploy.bundle",
    "load_domain": "datasets.domain",
    "predict": "api.bundles",
    "prepare": "datasets.prepare",
    "recommend": "adaptation.recommend",
}


def __getattr__(name: str) -> Any:
    """Import a name of the list above, or find the version, when it is first asked for."""
    if name == "__version__":
        return import_module("importlib.metadata").version(__name__)
    if name in _HOMES:
        return getattr(import_module(f"crosswear.{_HOMES[name]}"), name)
    raise AttributeError(f"module 'crosswear' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
