"""The established features in torch, for export: the same as `crosswear.signal.features`.

Computed in float64, so that trees decide as they do outside of the graph. The DFT is a product with
a matrix: not every runtime has that of ONNX.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
import torch
from torch import Tensor, nn

from crosswear.signal.features import ALIKE, BANDS_HZ, FLOOR, LAGS_S, PAIRS

LN10 = math.log(10)


class EstablishedFeatures(nn.Module):
    """`crosswear.signal.features.window_features` of windows [n, 3, L] in g: float64 [n, F].

    Args:
        samples: length L of a window.
        rate_hz: its sampling rate.
    """

    basis: Tensor
    hz: Tensor
    bands: Tensor

    def __init__(self, samples: int, rate_hz: float) -> None:
        super().__init__()
        self.samples, self.rate_hz = samples, rate_hz
        hz = np.fft.rfftfreq(samples, 1 / rate_hz)[1:]
        hann = np.hanning(samples + 1)[:-1]
        dft = np.fft.rfft(np.diag(hann), axis=1)[:, 1:]
        edges = list(itertools.pairwise(BANDS_HZ))
        inside = np.stack([(hz > low) & (hz <= high) for low, high in edges], axis=1)
        self.register_buffer("basis", torch.from_numpy(np.concatenate([dft.real, dft.imag], 1)))
        self.register_buffer("hz", torch.from_numpy(hz))
        self.register_buffer("bands", torch.from_numpy(inside / np.maximum(inside.sum(axis=0), 1)))

    def forward(self, x: Tensor) -> Tensor:
        """See the class for shapes."""
        x = x.double()
        signal = torch.cat([x, x.square().sum(dim=1, keepdim=True).sqrt()], dim=1)
        mean = signal.mean(dim=2)
        centred = signal - mean[:, :, None]
        std = centred.square().mean(dim=2).sqrt()
        spread = torch.where(std > FLOOR, std, torch.inf)
        rising = signal.sort(dim=2).values
        median = self._quantile(rising, 0.5)
        deviations = (signal - median[:, :, None]).abs().sort(dim=2).values
        above = (centred > 0).double()
        steps = signal[:, :, 1:] - signal[:, :, :-1]
        steps = steps - steps.mean(dim=2, keepdim=True)
        by_signal = [
            mean,
            std,
            self._quantile(deviations, 0.5),
            rising[:, :, 0],
            rising[:, :, -1],
            self._quantile(rising, 0.75) - self._quantile(rising, 0.25),
            signal.square().mean(dim=2).sqrt(),
            (centred * centred.square()).mean(dim=2) / (spread * spread.square()),
            centred.square().square().mean(dim=2) / spread.square().square(),
            (above[:, :, 1:] - above[:, :, :-1]).abs().mean(dim=2) * self.rate_hz,
            steps.square().mean(dim=2).sqrt(),
            *self._autocorrelations(centred, spread),
            *self._spectral(centred),
        ]
        correlations = [
            ((centred[:, a] * centred[:, b]).mean(dim=1) / spread[:, a] / spread[:, b])[:, None]
            for a, b in PAIRS
        ]
        area = centred[:, :3].abs().sum(dim=1).mean(dim=1, keepdim=True)
        return torch.cat([*by_signal, *correlations, area], dim=1)

    def _quantile(self, rising: Tensor, share: float) -> Tensor:
        """Return a quantile of sorted values, interpolated linearly."""
        place = (self.samples - 1) * share
        low = int(place)
        high = min(low + 1, self.samples - 1)
        return rising[:, :, low] + (place - low) * (rising[:, :, high] - rising[:, :, low])

    def _autocorrelations(self, centred: Tensor, spread: Tensor) -> list[Tensor]:
        energy = spread.square() * self.samples
        lags = [max(1, round(seconds * self.rate_hz)) for seconds in LAGS_S]
        return [(centred[:, :, :-lag] * centred[:, :, lag:]).sum(dim=2) / energy for lag in lags]

    def _spectral(self, centred: Tensor) -> list[Tensor]:
        real, imaginary = (centred @ self.basis).chunk(2, dim=2)
        power = (real.square() + imaginary.square()) / self.samples
        highest = (power >= ALIKE * power.amax(dim=2, keepdim=True)).float()
        total = power.sum(dim=2, keepdim=True)
        share = power / torch.where(total > FLOOR, total, torch.inf)
        surprise = share * torch.where(share > 0, share, 1.0).log()
        bands = (power @ self.bands + FLOOR).log() / LN10
        return [
            -surprise.sum(dim=2) / math.log(max(len(self.hz), 2)),
            self.hz[highest.argmax(dim=2)],
            share @ self.hz,
            *bands.unbind(dim=2),
        ]
