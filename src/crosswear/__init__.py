"""How much of what a network learned on someone else's movement data can you keep?

What most people need, under short names; each is imported when it is first asked for, so that
`import crosswear` takes no time.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    __version__: str

    from crosswear.adaptation.adapt import AdaptationSettings, Adapted, adapt
    from crosswear.adaptation.estimator import ActivityClassifier
    from crosswear.adaptation.recommend import recommend
    from crosswear.core.config import PreparationConfig
    from crosswear.core.errors import CrosswearError
    from crosswear.datasets.domain import Domain, load_domain, prepare
    from crosswear.deploy.bundle import Bundle, load_bundle
    from crosswear.deploy.recognise.recognizer import Recognizer
    from crosswear.grid.store import Store
    from crosswear.study.execution import ExecutionSettings
    from crosswear.study.load import load_study, read_study
    from crosswear.study.run import run_study
    from crosswear.study.sources import find_sources

__all__ = [
    "ActivityClassifier",
    "AdaptationSettings",
    "Adapted",
    "Bundle",
    "CrosswearError",
    "Domain",
    "ExecutionSettings",
    "PreparationConfig",
    "Recognizer",
    "Store",
    "adapt",
    "find_sources",
    "load_bundle",
    "load_domain",
    "load_study",
    "prepare",
    "read_study",
    "recommend",
    "run_study",
]

_HOMES = {
    "ActivityClassifier": "adaptation.estimator",
    "AdaptationSettings": "adaptation.adapt",
    "Adapted": "adaptation.adapt",
    "adapt": "adaptation.adapt",
    "Bundle": "deploy.bundle",
    "CrosswearError": "core.errors",
    "Domain": "datasets.domain",
    "ExecutionSettings": "study.execution",
    "PreparationConfig": "core.config",
    "Recognizer": "deploy.recognise.recognizer",
    "Store": "grid.store",
    "find_sources": "study.sources",
    "load_bundle": "deploy.bundle",
    "load_domain": "datasets.domain",
    "load_study": "study.load",
    "prepare": "datasets.domain",
    "read_study": "study.load",
    "recommend": "adaptation.recommend",
    "run_study": "study.run",
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
