"""Genuine recordings as streams: cut anywhere, they give what the whole gives, and training too."""

from __future__ import annotations

import sys
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

from crosswear.datasets import lookup
from crosswear.datasets.roots import locate
from crosswear.deploy.recognise import Recognizer
from crosswear.signal.resample import StreamResampler, resample

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from bundle_helpers import a_bundle

pytestmark = [pytest.mark.real, pytest.mark.slow]

RECORDINGS = 8


@pytest.mark.parametrize("name", ["actrectut", "wharf", "selfback", "dsads", "sp_sw_har"])
def test_streams_of_genuine_recordings(real_data: Path, name: str) -> None:
    spec, options = lookup(name)
    recordings = spec.read(locate(spec, real_data), options, lambda _sentence: None)
    rng = np.random.default_rng(0)
    bundle = a_bundle()
    for recording in islice(recordings, RECORDINGS):
        values, time_s = recording.acceleration.astype(float), recording.time_s
        cuts = np.sort(rng.integers(0, len(values) + 1, 20))
        pieces = np.split(np.arange(len(values)), cuts)

        resampler = StreamResampler(recording.rate_hz, 25.0, 0.2)
        whole = Recognizer(bundle, recording.rate_hz)
        stream = Recognizer(bundle, recording.rate_hz)
        parts, events = [], []
        for piece in pieces:
            stamps = None if time_s is None else time_s[piece]
            parts += resampler.push(values[piece], stamps)
            events += stream.push(values[piece], stamps)
        events += stream.flush()
        assert events == [*whole.push(values, time_s), *whole.flush()]

        parts += resampler.flush()
        found = np.concatenate([part.values for part in parts])
        trained = [segment.channels for segment in resample(recording)]
        if all(len(segment) > 1 for segment in trained) and len(found) == sum(map(len, trained)):
            np.testing.assert_allclose(found, np.concatenate(trained), rtol=0, atol=1e-6)
        else:  # a segment of one sample, which training drops
            assert len(found) - sum(map(len, trained)) <= len(resampler.gaps) + 1
