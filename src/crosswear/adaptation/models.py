"""A chosen model as something that gives probabilities."""

from __future__ import annotations

import numpy as np
import torch

from crosswear.adaptation.choose import Chosen
from crosswear.baselines import BASELINES
from crosswear.deploy.bundle.classifier import Calibrated, logits_of_classifier, logits_of_network
from crosswear.networks.checkpoint import Checkpoint


def classifier_of(chosen: Chosen, classes: int, samples: int) -> Calibrated:
    """What gives calibrated probabilities [n, C] of windows [n, 3, L].

    Args:
        chosen: what was chosen.
        classes: size C of the class table.
        samples: length L of a window.
    """
    if chosen.model is None:
        fitted = BASELINES[chosen.learner.kind].load(chosen.state)
        return Calibrated(logits_of_classifier(fitted), chosen.temperature, samples)
    names = tuple(map(str, range(classes)))
    state = {name: torch.from_numpy(np.array(value)) for name, value in chosen.state.items()}
    network = Checkpoint(chosen.model, names, samples, state).network()
    return Calibrated(logits_of_network(network), chosen.temperature, samples)
