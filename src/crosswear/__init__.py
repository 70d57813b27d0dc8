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
    from crosswear.adaptation.source_ranking import recommend
    from crosswear.api.adapting import AdaptedModel, adapt
    from crosswear.api.bundles import DatasetWindows, export, predict
    from crosswear.api.comparing import StudyComparison, compare
    from crosswear.api.encoders import export_encoder, pretrain
    from crosswear.api.preparing import prepare
    from crosswear.api.reports import StudyReport
    from crosswear.api.studies import Run, Study
    from crosswear.core.config import PreparationConfig
    from crosswear.core.errors import CrosswearError
    from crosswear.datasets.domain import Domain, load_domain
    from crosswear.deploy.bundle import Bundle, load_bundle
    from crosswear.deploy.recognise.inputs import Overrides
    from crosswear.deploy.recognise.recognizer import Recognizer
    from crosswear.encoders import Encoder, load_encoder
    from crosswear.encoders.card import EncoderCard
    from crosswear.encoders.importing import import_encoder
    from crosswear.study.sources import find_sources

__all__ = [
    "ActivityClassifier",
    "AdaptedModel",
    "Bundle",
    "CrosswearError",
    "DatasetWindows",
    "Domain",
    "Encoder",
    "EncoderCard",
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
    "export_encoder",
    "find_sources",
    "import_encoder",
    "load_bundle",
    "load_domain",
    "load_encoder",
    "predict",
    "prepare",
    "pretrain",
    "recommend",
]

_HOMES = {
    "ActivityClassifier": "adaptation.estimator",
    "AdaptedModel": "api.adapting",
    "Bundle": "deploy.bundle",
    "CrosswearError": "core.errors",
    "DatasetWindows": "api.bundles",
    "Domain": "datasets.domain",
    "Encoder": "encoders",
    "EncoderCard": "encoders.card",
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
    "export_encoder": "api.encoders",
    "find_sources": "study.sources",
    "import_encoder": "encoders.importing",
    "load_bundle": "deploy.bundle",
    "load_domain": "datasets.domain",
    "load_encoder": "encoders",
    "predict": "api.bundles",
    "prepare": "api.preparing",
    "pretrain": "api.encoders",
    "recommend": "adaptation.source_ranking",
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
