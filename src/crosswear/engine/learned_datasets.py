"""Datasets that an encoder has learned from: nothing that it is tested on may be of them."""

from __future__ import annotations

from crosswear.datasets import lookup
from crosswear.datasets.domain import own_files
from crosswear.encoders import Encoder
from crosswear.encoders.pretraining_record import LearnedDomain


def learned_from(encoder: Encoder, reference: str) -> LearnedDomain | None:
    """Return the domain by which an encoder knows a dataset; None where it is not known to.

    A dataset is the same under any placement. Own recordings are known by their files.

    Args:
        encoder: the encoder; cards of imported ones do not say what they have learned from.
        reference: the dataset reference.
    """
    learned = encoder.card.learned
    if learned is None:
        return None
    spec, _ = lookup(reference)
    files = own_files(reference)
    for one in learned.domains:
        registered = spec.root is None and not one.files
        if (registered and one.dataset == spec.name) or not files.isdisjoint(one.files):
            return one
    return None
