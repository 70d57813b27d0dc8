"""What was chosen, as a bundle."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from crosswear.adaptation.choose import Chosen
from crosswear.adaptation.findings import Findings
from crosswear.adaptation.scoring import CONFIDENCE
from crosswear.adaptation.sources import Source
from crosswear.bundle import Bundle, pack
from crosswear.bundle.manifest import Adaptation, Expected, Manifest, Origin, Split, Transfer
from crosswear.config import PreparationConfig
from crosswear.datasets import lookup
from crosswear.domain import Domain

VERSIONS = ("crosswear", "torch", "numpy", "scikit-learn")


def bundle_of(
    domain: Domain,
    preparation: PreparationConfig,
    chosen: Chosen,
    findings: Findings,
    y: NDArray[np.integer],
    sources: Sequence[Source],
) -> Bundle:
    """The bundle of what was chosen; `sources` are those that it learned from."""
    _, weights = pack(chosen.state)
    plan = chosen.learner.plan
    summary = domain.summary
    people = "people" if findings.unit == "subject" else "occurrences of the activities"
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
            _origin("adaptation", domain),
        ),
        transfer=Transfer(plan.transfer.strategy, plan.blocks) if plan and plan.transfer else None,
        adaptation=Adaptation(
            windows=tuple(np.bincount(y, minlength=len(domain.classes)).tolist()),
            subjects=len(summary.subjects),
            train=plan.train if plan else None,
            learned=min(len(y), chosen.learner.most),
        ),
        expected=Expected(
            measure="micro-f1",
            value=chosen.expected.value,
            low=chosen.expected.low,
            high=chosen.expected.high,
            confidence=CONFIDENCE,
            method=f"Cross-validation of choice and training over {findings.groups} {people} in "
            f"{findings.folds} folds; the interval is for {findings.groups} new ones.",
        ),
        split=Split(findings.unit, findings.groups, findings.folds),
        versions={name: version(name) for name in VERSIONS},
        created=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        weights=weights,
    )
    return Bundle(manifest, chosen.state)


def _origin(role: Literal["source", "adaptation"], domain: Domain) -> Origin:
    spec, _ = lookup(domain.summary.reference)
    return Origin(
        role=role,
        # Of own recordings the name of their folder: where it lies is nobody's business.
        reference=spec.name if spec.root else domain.summary.reference,
        digest=domain.summary.digest,
        licence=spec.licence or "not stated",
        citation=spec.citation or "not stated",
    )
