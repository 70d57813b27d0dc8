"""Transferability of a source network: how well its features separate the target's classes.

LogME: You et al., "LogME: practical assessment of pre-trained models for transfer learning", ICML
2021, https://arxiv.org/abs/2102.11005; the fixed point as in their Algorithm 1.
"""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from crosswear.networks.models import declared

ROUNDS = 100
TOLERANCE = 1e-4
BATCH = 256

Floats = NDArray[np.float64]


def network_features(network: nn.Module, x: NDArray[np.float32]) -> Floats:
    """Return the input [N, D] of the output layer for windows [N, 3, L]; changes the network."""
    for name in declared(network).head_unit:
        parent, _, child = name.rpartition(".")
        setattr(network.get_submodule(parent), child, nn.Identity())
    with torch.inference_mode():
        parts = [network(part) for part in torch.split(torch.from_numpy(np.array(x)), BATCH)]
    return np.asarray(torch.cat(parts).double().numpy())


def logme(features: Floats, y: NDArray[np.integer]) -> float:
    """Return the logarithm of the maximum evidence of the labels given the features, per window.

    A Bayesian linear model is fitted to each class against the others; larger is better.

    Args:
        features: [n, D].
        y: classes [n], at least two different ones.
    """
    u, s, _ = np.linalg.svd(features, full_matrices=False)
    evidence = [_evidence(u, s**2, features.shape, (y == c).astype(float)) for c in np.unique(y)]
    return float(np.mean(evidence))


def _evidence(u: Floats, sigma: Floats, shape: tuple[int, ...], target: Floats) -> float:
    n, d = shape
    along = (u.T @ target) ** 2
    outside = max(float(target @ target - along.sum()), 0.0)  # outside the span of the features
    alpha = beta = 1.0
    for _ in range(ROUNDS):
        ratio = alpha / beta
        gamma = float((sigma / (sigma + ratio)).sum())
        weights = float((sigma * along / (sigma + ratio) ** 2).sum())
        residual = float((along / (1 + sigma / ratio) ** 2).sum()) + outside
        alpha, beta = gamma / (weights + 1e-5), (n - gamma) / (residual + 1e-5)
        if abs(alpha / beta - ratio) <= TOLERANCE * ratio:
            break
    log_det = float(np.log(alpha + beta * sigma).sum()) + max(d - len(sigma), 0) * np.log(alpha)
    fit = -beta / 2 * residual - alpha / 2 * weights
    total = n / 2 * np.log(beta) + d / 2 * np.log(alpha) - n / 2 * np.log(2 * np.pi)
    return float((total + fit - log_det / 2) / n)
