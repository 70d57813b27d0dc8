"""The notice on simulated data, beside the verdict."""

from __future__ import annotations

from crosswear.datasets import REGISTRY
from crosswear.evidence.statements import Evidence


def notice(evidence: Evidence) -> str:
    """Return a sentence where domains of the study are simulated; empty where none is."""
    domains = evidence.study.domains
    simulated = [name for name, reference in domains.items() if _is_simulated(reference)]
    if len(simulated) == len(domains):
        return (
            "The data are simulated: this shows how the study works, and says nothing about real "
            "recordings."
        )
    if simulated:
        return (
            f"Simulated: {', '.join(simulated)}. What is found with simulated data says nothing "
            "about real recordings."
        )
    return ""


def _is_simulated(reference: str) -> bool:
    spec = REGISTRY.get(reference.partition(":")[0])
    return spec is not None and not spec.patterns
