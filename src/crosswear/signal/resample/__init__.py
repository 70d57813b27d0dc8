"""Resampling of recordings and of live streams to one rate, by one implementation."""

from crosswear.signal.resample.batch import COMMON_RATE_HZ, Segment, resample
from crosswear.signal.resample.stream import Span, StreamResampler

__all__ = ["COMMON_RATE_HZ", "Segment", "Span", "StreamResampler", "resample"]
