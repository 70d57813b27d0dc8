"""How each method of `crosswear.grid.methods` trains: a file each, or one for a family."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from crosswear.engine.alignment import Adversary, Discrepancy
from crosswear.engine.methods.alignments import AlignmentMethod
from crosswear.engine.methods.base import TrainableMethod
from crosswear.engine.methods.forest import ForestMethod
from crosswear.engine.methods.hydra_multirocket import HydraMultiRocketMethod
from crosswear.engine.methods.logistic import LogisticMethod
from crosswear.engine.methods.majority import Majority
from crosswear.engine.methods.minirocket import MiniRocketMethod
from crosswear.engine.methods.network import NetworkMethod
from crosswear.engine.methods.vote import VoteMethod

TRAINABLE: Mapping[str, TrainableMethod] = MappingProxyType(
    {
        "source": NetworkMethod(),
        "network": NetworkMethod(),
        "majority": Majority(),
        "forest": ForestMethod(),
        "extra-trees": ForestMethod(extra=True),
        "minirocket": MiniRocketMethod(),
        "vote": VoteMethod(),
        "hydra-multirocket": HydraMultiRocketMethod(),
        "logistic": LogisticMethod(),
        "source-only": AlignmentMethod(),
        "adabn": AlignmentMethod(adapts_statistics=True),
        "mmd": AlignmentMethod(Discrepancy),
        "adversarial": AlignmentMethod(Adversary),
        "target-labels": AlignmentMethod(),
    }
)
"""By the names of `crosswear.grid.methods.METHODS`."""
