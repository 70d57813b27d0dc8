"""MiniRocket: shares of positive values of fixed dilated convolutions, and a ridge classifier.

Dempster, Schmidt and Webb, "MINIROCKET: A Very Fast (Almost) Deterministic Transform for Time
Series Classification", KDD 2021, https://arxiv.org/abs/2012.08791; the multivariate form. aeon
(https://www.aeon-toolkit.org) chooses dilations, channels and biases. The transform itself is
`crosswear.baselines.positive_shares`, and here as convolutions, comparisons and means of torch,
which export. The two are equal to the last bit for samples in steps, as shipped models take them;
what is fitted and what is shipped use the same one.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from crosswear.baselines.positive_shares import KERNELS, TAPS, PositiveShares
from crosswear.baselines.ridge import fit_ridge
from crosswear.baselines.whitening import LabelledWindows, Whitening, whitening
from crosswear.core.errors import UsageError
from crosswear.core.texts import install
from crosswear.signal.windows import in_steps

STEEP = 2.0**100
"""Makes a step, `> 0`, of a clamped ramp: without booleans it takes a tenth of the time. Kernels
and biases carry it, so that no sample has to be multiplied; a power of two rounds nothing."""
BATCH = 16


class MiniRocket(nn.Module):
    """The transform and the linear layer behind it.

    Args:
        state: dilations int32 [D]; quantiles int32 [D], biases of each kernel; biases float32
            [Σ 84·quantiles]; channels bool [D·84, 3], which are added before a kernel; weight
            float32 [K, F] and bias float32 [K] of the K fitted classes; fitted int64 [K], their
            indices; classes int64 [], C.
    """

    kernels: Tensor
    weight: Tensor
    bias: Tensor
    fitted: Tensor

    def __init__(self, state: Mapping[str, NDArray[Any]]) -> None:
        super().__init__()
        self.arrays = dict(state)
        self.shares = PositiveShares(state)
        self.classes = int(state["classes"])
        self.dilations = tuple(state["dilations"].tolist())
        self.quantiles = tuple(state["quantiles"].tolist())
        taps = torch.full((len(KERNELS), 1, TAPS), -1.0)
        for kernel, places in enumerate(KERNELS):
            taps[kernel, 0, list(places)] = 2.0
        channels = torch.from_numpy(state["channels"].astype(np.float32))
        kernels = channels.view(len(self.dilations), len(KERNELS), -1, 1) * taps * STEEP
        self.register_buffer("kernels", kernels)
        cuts = np.cumsum([count * len(KERNELS) for count in self.quantiles])[:-1]
        for number, biases in enumerate(np.split(state["biases"], cuts)):
            steep = torch.tensor(biases).view(len(KERNELS), -1, 1) * STEEP
            self.register_buffer(f"biases{number}", steep)
        for name in ("weight", "bias", "fitted"):
            self.register_buffer(name, torch.tensor(state[name]))
        self.eval()

    def transform(self, x: Tensor) -> Tensor:
        """Return what `shares` does, by operations that export."""
        parts = []
        for number, dilation in enumerate(self.dilations):
            margin = TAPS // 2 * dilation
            kernels = self.kernels[number]
            biases: Tensor = getattr(self, f"biases{number}")
            y = functional.conv1d(x, kernels, padding=margin, dilation=dilation).unsqueeze(2)
            inner = number % 2 == 0  # whether odd kernels are the ones that stay inside
            halves = []
            for odd in (0, 1):
                some = y[:, odd::2, :, margin:-margin] if odd == inner else y[:, odd::2]
                # In place: fresh memory for every step took as long as the arithmetic.
                halves.append((some - biases[odd::2]).clamp_(0, 1).mean(dim=3))
            parts.append(torch.stack(halves, dim=2).flatten(1))
        return torch.cat(parts, dim=1)

    def forward(self, x: Tensor) -> Tensor:
        """Return probabilities [n, C] of windows [n, 3, L], by operations that export."""
        return self._of_features(self.transform(x))

    def _of_features(self, features: Tensor) -> Tensor:
        """Return the softmax of the ridge classifier's decisions.

        A ridge classifier has no probabilities: the order of classes means something, how far
        they lie apart does not. Classes that were not fitted have 0.
        """
        decisions = functional.linear(features, self.weight, self.bias)
        places = functional.one_hot(self.fitted, self.classes).to(decisions.dtype)
        return decisions.softmax(dim=1) @ places

    @torch.inference_mode()
    def scores(self, x: NDArray[np.float32]) -> NDArray[np.float64]:
        """Class probabilities [n, C] of windows [n, 3, L] in g."""
        features = torch.from_numpy(self.features(x))
        return _by_parts(self._of_features, features).numpy().astype(np.float64)

    @torch.inference_mode()
    def features(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the shares [n, F] of windows [n, 3, L].

        Where samples are not in steps, sums round, and torch computes them as it always has: cells
        of studies keep their scores.
        """
        if np.array_equal(in_steps(x), x):
            return self.shares(x)
        return _by_parts(self.transform, torch.from_numpy(np.array(x, np.float32))).numpy()

    def state(self) -> dict[str, NDArray[Any]]:
        """The arrays that it was made of."""
        return self.arrays


def fit_minirocket(
    x: NDArray[np.float32],
    y: NDArray[np.integer],
    classes: int,
    rate_hz: float,
    seed: int,
    sources: Sequence[LabelledWindows] = (),
) -> MiniRocket:
    """Fit on windows, at any rate; see `crosswear.baselines.Baseline` and `fit_sharpened`."""
    return fit_sharpened(x, y, classes, seed, sources)


def fit_sharpened(
    x: NDArray[np.float32],
    y: NDArray[np.integer],
    classes: int,
    seed: int,
    sources: Sequence[LabelledWindows] = (),
    sharpness: float = 1.0,
) -> MiniRocket:
    """Fit on windows.

    Args:
        x: windows [n, 3, L] in g.
        y: their classes [n].
        classes: number of classes C.
        seed: of the choice of biases and channels.
        sources: windows of others, by which the features are whitened.
        sharpness: factor of the ridge classifier's decisions.

    Raises:
        UsageError: if the extra `minirocket` is not installed, or windows have less than 9 samples.
    """
    return rocket_features(x, seed, sources).fit(y, classes, sharpness)


@dataclass(frozen=True, eq=False)
class RocketFeatures:
    """MiniRocket's features of windows to fit, in which their classes have no part.

    Attributes:
        kernels: the chosen kernels, as in `MiniRocket`.
        features: [n, F], of the windows, scaled and whitened.
        scale: float64 [F], by which they were divided.
        whiten: the map of scaled features; None without sources.
    """

    kernels: Mapping[str, NDArray[Any]]
    features: NDArray[np.floating]
    scale: NDArray[np.float64]
    whiten: Whitening | None

    def fit(self, y: NDArray[np.integer], classes: int, sharpness: float) -> MiniRocket:
        """Fit the classes [n] of the windows, see `fit_sharpened`."""
        ridge = fit_ridge(self.features, y)
        weight = ridge.weight if self.whiten is None else self.whiten(ridge.weight)
        return MiniRocket(
            {
                **self.kernels,
                "fitted": ridge.fitted,
                "classes": np.array(classes),
                "weight": ridge.of_each(sharpness * weight / self.scale).astype(np.float32),
                "bias": ridge.of_each(sharpness * ridge.bias).astype(np.float32),
            }
        )


def rocket_features(
    x: NDArray[np.float32], seed: int, sources: Sequence[LabelledWindows] = ()
) -> RocketFeatures:
    """Choose kernels on windows and transform these.

    Args:
        x: windows [n, 3, L] in g.
        seed: of the choice of biases and channels.
        sources: windows of others, by which the features are whitened.

    Raises:
        UsageError: if the extra `minirocket` is not installed, or windows have less than 9 samples.
    """
    from sklearn.preprocessing import StandardScaler  # slow to import, needless to load

    kernels = _choose_kernels(x, seed)
    transform = _of_kernels(kernels).features
    scaler = StandardScaler(with_mean=False)
    features = scaler.fit_transform(transform(x))
    whiten = None
    if sources:
        theirs = [scaler.transform(transform(one.x)) for one in sources]
        whiten = whitening(theirs, [one.y for one in sources])
        features = whiten(features)
    return RocketFeatures(kernels, features, scaler.scale_, whiten)


def load_minirocket(state: Mapping[str, NDArray[Any]]) -> MiniRocket:
    """Return the classifier that gave this state."""
    return MiniRocket(state)


@contextlib.contextmanager
def still_axes_pass() -> Iterator[None]:
    """Keep aeon from warning of windows in which an axis does not move: a sensor may rest."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*very little variation", UserWarning)
        yield


@contextlib.contextmanager
def needs_aeon(baseline: str) -> Iterator[None]:
    """Raise a UsageError if what is imported in the block is not installed."""
    try:
        yield
    except ImportError as error:
        raise UsageError(
            f"the baseline {baseline!r} needs a package that is not installed",
            todo=f"{install('minirocket')}; or leave it out of grid.baselines",
        ) from error


def _of_kernels(kernels: Mapping[str, NDArray[Any]]) -> MiniRocket:
    """Return a MiniRocket that transforms and knows a single class."""
    size = len(KERNELS) * int(kernels["quantiles"].sum())
    return MiniRocket(
        {
            **kernels,
            "fitted": np.zeros(1, np.int64),
            "classes": np.array(1),
            "weight": np.zeros((1, size), np.float32),
            "bias": np.zeros(1, np.float32),
        }
    )


def _choose_kernels(x: NDArray[np.float32], seed: int) -> dict[str, NDArray[Any]]:
    if x.shape[2] < TAPS:
        raise UsageError(
            f"windows of {x.shape[2]} samples are too short for MiniRocket, vote and stack",
            expected=f"{TAPS} samples or more",
            todo="take longer windows, or a higher rate; or other baselines",
        )
    with needs_aeon("minirocket"):
        # Imported here: an optional extra, and seconds of compilation.
        from aeon.transformations.collection.convolution_based import MiniRocket as Chooser
    chooser = Chooser(n_jobs=1, random_state=seed % 2**31)
    with still_axes_pass():
        chooser.fit(np.ascontiguousarray(x))
    counts, indices, dilations, quantiles, biases = chooser.parameters
    channels = np.zeros((len(counts), x.shape[1]), np.bool_)
    channels[np.repeat(np.arange(len(counts)), counts), indices] = True
    return {
        "dilations": dilations.astype(np.int32),
        "quantiles": quantiles.astype(np.int32),
        "biases": biases.astype(np.float32),
        "channels": channels,
    }


def _by_parts(compute: Callable[[Tensor], Tensor], rows: Tensor) -> Tensor:
    """Whole batches, the last one filled up: nothing rounds a row by its neighbours."""
    filled = torch.zeros(max(-(-len(rows) // BATCH), 1) * BATCH, *rows.shape[1:])
    filled[: len(rows)] = rows
    return torch.cat([compute(part) for part in torch.split(filled, BATCH)])[: len(rows)]
