"""Losses that make the features of two domains alike: on a batch of each, labels of neither.

Written from the formulas of the papers that are named: of the libraries that have such losses, none
fitted. pytorch-adapt has had no release since 2023 and pins its dependencies to that year; skada
needs skorch, POT, pandas and torchvision for them, and its kernel is no Gaussian; tllib and
pytorch-revgrad are older still.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn
from torch.nn import functional

WIDTHS = tuple(2 ** (step / 2) for step in range(-16, 17))
"""Of the Gaussian kernels, in median squared distances: 2⁻⁸ to 2⁸, a factor of √2 apart."""
STEEPNESS = 10.0
HIDDEN = 100


class Discrepancy(nn.Module):
    """Squared maximum mean discrepancy, with weight 1 (`mmd`).

    Long et al., "Learning transferable features with deep adaptation networks", ICML 2015: a mean
    of Gaussian kernels. The paper finds weights for them, which are equal here.
    """

    def __init__(self, features: int) -> None:
        super().__init__()

    def forward(self, source: Tensor, target: Tensor, progress: float) -> Tensor:
        """The loss of features [n, F] and [m, F]."""
        return squared_mmd(source, target)


class Adversary(nn.Module):
    """The loss of a classifier of domains, for which the features learn the contrary.

    Ganin et al., "Domain-adversarial training of neural networks", JMLR 17(59), 2016: one hidden
    layer of 100 units, as for the smaller of their networks; the weight of the reversed gradient
    rises from 0 to 1 by their schedule.

    Args:
        features: F.
    """

    def __init__(self, features: int) -> None:
        super().__init__()
        self.classifier = nn.Sequential(
            nn.Linear(features, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, 1)
        )

    def forward(self, source: Tensor, target: Tensor, progress: float) -> Tensor:
        """The loss of features [n, F] and [m, F]; `progress` is that of training, from 0 to 1."""
        features = torch.cat([source, target])
        domain = torch.cat([source.new_zeros(len(source)), target.new_ones(len(target))])
        scores = self.classifier(reverse_gradient(features, adversarial_weight(progress)))
        return functional.binary_cross_entropy_with_logits(scores.squeeze(1), domain)


def squared_mmd(a: Tensor, b: Tensor) -> Tensor:
    """Unbiased estimate from two samples [n, F] and [m, F]; of equal distributions its mean is 0.

    Gretton et al., "A kernel two-sample test", JMLR 13, 2012. Widths of the kernels are multiples
    of the median squared distance in both samples together, through which no gradient goes.
    """
    x = torch.cat([a, b])
    lengths = x.square().sum(dim=1)
    distances = (lengths[:, None] + lengths - 2 * x @ x.T).clamp_min(0)
    others = ~torch.eye(len(x), dtype=torch.bool, device=x.device)
    median = distances.detach()[others].median().clamp_min(torch.finfo(x.dtype).eps)
    kernel = torch.stack([(distances / (-width * median)).exp() for width in WIDTHS]).mean(dim=0)
    kernel = kernel * others  # no window is compared with itself
    n, m = len(a), len(b)
    within = kernel[:n, :n].sum() / (n * (n - 1)) + kernel[n:, n:].sum() / (m * (m - 1))
    return within - 2 * kernel[:n, n:].mean()


def reverse_gradient(x: Tensor, weight: float) -> Tensor:
    """The same values; gradients come back through it times `-weight`."""
    return (1 + weight) * x.detach() - weight * x


def adversarial_weight(progress: float) -> float:
    """Return the weight of the reversed gradient after a share `progress` (0 to 1) of training."""
    return 2 / (1 + math.exp(-STEEPNESS * progress)) - 1
