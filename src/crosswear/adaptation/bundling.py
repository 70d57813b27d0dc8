"""The bundle of a chosen model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from crosswear.adaptation.assessment import Findings
from crosswear.adaptation.choose import Chosen
from crosswear.adaptation.scoring import CONFIDENCE
from crosswear.adaptation.smooth import choose_smoothing, runs_of
from crosswear.core.config import PreparationConfig
from crosswear.core.recording import GROUP_NAMES
from crosswear.datasets import lookup
from crosswear.datasets.domain import Domain
from crosswear.deploy.bundle import REFERENCE, Bundle, pack
from crosswear.deploy.bundle.manifest import (
    Adaptation,
    Expected,
    Familiarity,
    Manifest,
    Origin,
    Split,
    Transfer,
)
from crosswear.encoders import Encoder
from crosswear.engine.transfer_source import Source
from crosswear.signal.familiarity import FALSE_ALARMS
from crosswear.signal.gravity import directions, spread

VERSIONS = ("crosswear", "torch", "numpy", "scikit-learn")


def bundle_of(
    domain: Domain,
    preparation: PreparationConfig,
    chosen: Chosen,
    findings: Findings,
    rows: NDArray[np.int64],
    sources: Sequence[Source],
) -> Bundle:
    """Return the bundle of a chosen model.

    Args:
        domain: the recordings.
        preparation: of their windows.
        chosen: the model.
        findings: of the adaptation.
        rows: int64 [N], labelled windows.
        sources: other datasets that it was trained on.
    """
    y = domain.windows.y[rows]
    scored = rows[chosen.scored]
    runs = runs_of(domain.windows, scored, preparation.hop_s * domain.summary.rate_hz)
    state = dict(chosen.state)
    familiarity = None
    if chosen.familiar is not None:
        for array, value in asdict(chosen.familiar.reference).items():
            state[REFERENCE + array] = value.astype(np.float32)
        limits = chosen.familiar.limit, chosen.familiar.recording_limit
        familiarity = Familiarity(*limits, FALSE_ALARMS)
    _, weights = pack(state)
    plan = chosen.learner.plan
    summary = domain.summary
    people = GROUP_NAMES[findings.unit][1]
    manifest = Manifest(
        name=lookup(summary.reference)[0].name,
        kind=chosen.learner.kind,
        model=chosen.model,
        classes=domain.classes,
        placement=summary.placement,
        rate_hz=preparation.rate_hz,
        window_s=preparation.window_s,
        hop_s=preparation.hop_s,
        bridge_s=preparation.bridge_s,
        temperature=chosen.temperature,
        threshold=chosen.threshold,
        origins=(
            *(_origin("source", one.domain) for one in sources),
            *(_origin_of_encoder(one) for one in (chosen.learner.encoder,) if one is not None),
            _origin("adaptation", domain),
        ),
        transfer=Transfer(plan.transfer.strategy, plan.blocks) if plan and plan.transfer else None,
        adaptation=Adaptation(
            windows=tuple(np.bincount(y, minlength=len(domain.classes)).tolist()),
            subjects=len(summary.subjects),
            train=plan.train if plan else None,
            learned=min(len(y), chosen.learner.max_windows),
        ),
        expected=Expected(
            measure="micro-f1",
            **asdict(chosen.expected),
            confidence=CONFIDENCE,
            method=f"Cross-validation of choice and training over {findings.groups} {people} in "
            f"{findings.folds} folds; the interval is for {findings.groups} new ones.",
        ),
        split=Split(findings.unit, findings.groups, findings.folds),
        versions={name: version(name) for name in VERSIONS},
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        weights=weights,
        smoothing=choose_smoothing(chosen.out_of_fold, domain.windows.y[scored], runs),
        gravity=tuple(spread(directions(np.array(domain.windows.x[rows]))).tolist()),
        familiarity=familiarity,
    )
    return Bundle(manifest, state)


def _origin(role: Literal["source", "adaptation"], domain: Domain) -> Origin:
    spec, _ = lookup(domain.summary.reference)
    return Origin(
        role=role,
        # Own recordings: the name of their folder, without its path, which is private.
        reference=spec.name if spec.root else domain.summary.reference,
        digest=domain.summary.digest,
        licence=spec.licence or "not stated",
        citation=spec.citation or "not stated",
    )


def _origin_of_encoder(encoder: Encoder) -> Origin:
    return Origin(
        role="encoder",
        reference=encoder.folder.resolve().name,
        digest=encoder.manifest.digest,
        licence=encoder.card.licence,
        citation=encoder.card.origin,
    )
