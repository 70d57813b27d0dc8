"""A residual network with one trunk for all channels: what Multi-ResNet would be without its claim.

Gjoreski et al. (2019) give each channel filters of its own. The usual residual network for time
series takes the channels as inputs of its first convolution and mixes them from there on (Wang,
Yan and Oates, "Time series classification from scratch with deep neural networks", IJCNN 2017).
This is that network, and in all else Multi-ResNet: blocks, spectral branch, dense layers, dropout.

    window [N, 3, 100]
      ├─ batch norm ─ block1 ─ … ─ block5 ─────────── [N, 64, 2]   temporal, all channels
      └─ spectrogram [N, 3·4, 33] ─ convolution ───── [N, 32, 33]  spectral, all channels
    concatenate [N, 1184] ─ dense 64 ─ dense 128 ─ class scores [N, C]

Another reading of "shared" is a filter that is applied to each channel alike, as in
`crosswear.networks.models.deep_conv_lstm`.
"""

from __future__ import annotations

from crosswear.networks.models.multi_resnet import MultiResNet


class SharedResNet(MultiResNet):
    """Multi-ResNet with filters that see all channels; see there for the arguments."""

    @staticmethod
    def _trunks(channels: int) -> int:
        return 1
