"""Training of each method of `crosswear.grid.methods`: a file each, or one for a family.

A new classifier of windows is a file in `crosswear.baselines`, a line here and one at the same
position in `crosswear.grid.methods`.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from crosswear.baselines.forest import DRAWN
from crosswear.baselines.hydra_multirocket import fit_hydra_multirocket
from crosswear.baselines.minirocket import fit_minirocket
from crosswear.engine.alignment import Adversary, Discrepancy
from crosswear.engine.methods.alignments import AlignmentMethod
from crosswear.engine.methods.base import TrainableMethod
from crosswear.engine.methods.baselines import (
    ForestMethod,
    KernelMethod,
    StackMethod,
    VoteMethod,
    WindowsMethod,
)
from crosswear.engine.methods.imported import EncoderMethod
from crosswear.engine.methods.logistic import LogisticMethod
from crosswear.engine.methods.majority import Majority
from crosswear.engine.methods.networks import NetworkMethod

TRAINABLE: Mapping[str, TrainableMethod] = MappingProxyType(
    {
        "source": NetworkMethod(),
        "network": NetworkMethod(),
        "majority": Majority(),
        "forest": ForestMethod(),
        "extra-trees": ForestMethod(DRAWN),
        "minirocket": WindowsMethod(fit_minirocket),
        "vote": VoteMethod(),
        "kernel": KernelMethod(),
        "stack": StackMethod(),
        "hydra-multirocket": WindowsMethod(fit_hydra_multirocket),
        "logistic": LogisticMethod(),
        "encoder": EncoderMethod(),
        "untrained-encoder": EncoderMethod(untrained=True),
        "source-only": AlignmentMethod(),
        "adabn": AlignmentMethod(adapts_statistics=True),
        "mmd": AlignmentMethod(Discrepancy),
        "adversarial": AlignmentMethod(Adversary),
        "target-labels": AlignmentMethod(),
    }
)
"""By the names of `crosswear.grid.methods.METHODS`."""
