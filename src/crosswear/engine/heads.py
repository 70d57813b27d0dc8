"""One head a domain, for networks that learn several domains at once.

The heads stand side by side in one layer of class scores, the classes of one domain after those of
the other. A window is scored by the head of its own domain alone: the scores of the others do not
enter its loss, and are never predicted. All that is before the heads is shared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from crosswear.core.config import TrainConfig
from crosswear.engine.sampling import draw
from crosswear.engine.subsets import cut, passes, passes_in_epoch


@dataclass(frozen=True)
class Heads:
    """Assignment of classes to domains.

    Attributes:
        classes: how many of them each domain has; none where there is but one domain.
        by_root: whether a domain's share of every step grows with the root of its size; they have
            equal shares without it.
    """

    classes: tuple[int, ...] = ()
    by_root: bool = False

    def domain_of(self, y: NDArray[np.integer]) -> NDArray[np.int64]:
        """The number of the domain that each window is of, by its class [n]."""
        if not self.classes:
            return np.zeros(len(y), np.int64)
        mine: NDArray[np.int64] = self._owner()[y]
        return mine

    def _owner(self) -> NDArray[np.int64]:
        """The number of the domain of each class [C]."""
        return np.repeat(np.arange(len(self.classes)), self.classes)

    def of_own_domain(self, scores: Tensor, y: Tensor) -> Tensor:
        """Scores [..., C], those of the classes of other domains at minus infinity; y: [...]."""
        if not self.classes:
            return scores
        # Counted on the host, and sent without waiting: torch's repeat waits for a device.
        owner = torch.from_numpy(self._owner()).to(scores.device, non_blocking=True)
        return scores.masked_fill(owner != owner[y].unsqueeze(-1), -torch.inf)

    def mean(self, values: NDArray[np.floating], y: NDArray[np.integer]) -> float:
        """Return the mean, over the domains, of the mean of each; values, y: [n]."""
        domain = self.domain_of(y)
        return float(np.mean([values[domain == one].mean() for one in np.unique(domain)]))

    def batches(
        self, y: NDArray[np.integer], config: TrainConfig, rng: np.random.Generator
    ) -> Iterator[NDArray[np.int64]]:
        """The steps of an epoch, as places in `y`: one pass, or as many as `min_updates` needs.

        Of one domain, a pass has as many windows as there are. Of several, every step has its
        share of windows of each domain, `batch_size` in all as far as that can be. With equal
        shares there are as many steps as in a pass over one domain of their mean size, so that a
        joint source is trained with as many updates as a single one; by the root of their sizes, a
        pass has as many windows as there are. Those of a small domain come again, those of a large
        one do not all come. In which order a domain's windows come: `crosswear.engine.sampling`.
        """
        domain = self.domain_of(y)
        steps, shares = self._steps(domain, config.batch_size)
        places = [np.flatnonzero(domain == one) for one in range(len(self.classes))]
        for _ in range(passes_in_epoch(config, steps)):
            if not self.classes:
                yield from cut(draw(y, len(y), config.sampling, rng), shares[0])
                continue
            drawn = [
                mine[draw(y[mine], steps * share, config.sampling, rng)].reshape(steps, share)
                for mine, share in zip(places, shares, strict=True)
            ]
            yield from np.concatenate(drawn, axis=1)

    def _steps(self, domain: NDArray[np.int64], size: int) -> tuple[int, list[int]]:
        """Return the steps of a pass, and how many windows of each domain are in a step."""
        if not self.by_root:
            domains = max(1, len(self.classes))
            steps, share = epoch_of(len(domain), domains, size)
            return steps, [share] * domains
        roots = np.sqrt(np.bincount(domain, minlength=len(self.classes)))
        shares = np.maximum(1, np.rint(size * roots / roots.sum())).astype(int).tolist()
        return passes(len(domain), sum(shares)), shares


ONE_HEAD = Heads()
"""Of a single domain."""


def epoch_of(windows: int, domains: int, size: int) -> tuple[int, int]:
    """Return the steps in an epoch over domains, and the windows of each domain in a step."""
    return passes(round(windows / domains), size), max(1, size // domains)
