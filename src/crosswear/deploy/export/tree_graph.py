"""Forests and votes as torch modules, for export."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from crosswear.baselines.forest import Forest
from crosswear.baselines.vote import Vote
from crosswear.deploy.export.feature_graph import EstablishedFeatures


class ForestGraph(nn.Module):
    """Probabilities [n, C] of windows [n, 3, L] in g, as `Forest.scores` gives them.

    All trees are traversed at once, one decision a step; a leaf leads to itself.

    Args:
        forest: a fitted one.
        samples: length L of a window.
    """

    def __init__(self, forest: Forest, samples: int) -> None:
        super().__init__()
        self.features = EstablishedFeatures(samples, float(forest.rate_hz))
        self.depth = int(forest.depth)
        self.trees = len(forest.roots)
        for name, array in forest.state().items():
            if array.ndim:
                self.register_buffer(name, torch.from_numpy(array))

    def forward(self, x: Tensor) -> Tensor:
        """See the class for shapes."""
        features = self.features(x).float().double()  # the precision of the training
        # The sum has one row a window, also in a trace with another number of windows.
        node = self._of("roots") + (0 * features[:, :1]).int()
        for _ in range(self.depth):
            value = features.gather(1, self._at("feature", node).long())
            below = value <= self._at("threshold", node)
            node = torch.where(below, self._at("left", node), self._at("right", node))
        share = self._of("share").index_select(0, node.flatten())
        return share.view(-1, self.trees, share.shape[1]).mean(dim=1)

    def _of(self, name: str) -> Tensor:
        return self.get_buffer(name)

    def _at(self, name: str, node: Tensor) -> Tensor:
        """Return an attribute of the nodes [n, T]."""
        return self._of(name).index_select(0, node.flatten()).view(-1, self.trees)


class VoteGraph(nn.Module):
    """Probabilities [n, C] of windows [n, 3, L] in g, as `Vote.scores` gives them.

    Args:
        vote: a fitted one.
        samples: length L of a window.
    """

    def __init__(self, vote: Vote, samples: int) -> None:
        super().__init__()
        self.trees = ForestGraph(vote.trees, samples)
        self.minirocket = vote.minirocket

    def forward(self, x: Tensor) -> Tensor:
        """See the class for shapes."""
        votes: Tensor = self.trees(x) + self.minirocket(x)
        return votes / 2
