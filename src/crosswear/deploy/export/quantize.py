"""Quantisation of weights to int8."""

from __future__ import annotations

import logging
import tempfile
from pathlib import Path

import onnx
from onnxruntime.quantization import QuantType, quantize_dynamic

OPERATORS = ("MatMul", "Gemm")
"""The dense layers, which hold most weights. Convolutions stay float32: 80 dB in the spectrogram
need more than eight bits."""


def to_int8(model: onnx.ModelProto) -> bytes:
    """Return the model with the weights of its dense layers as int8, one scale a layer.

    Activations are quantised dynamically, so no windows are needed for calibration
    (https://onnxruntime.ai/docs/performance/model-optimizations/quantization.html).
    """
    logger = logging.getLogger()
    level = logger.level
    logger.setLevel(logging.ERROR)  # it recommends a preparation for other kinds of models
    try:
        with tempfile.TemporaryDirectory() as folder:
            source, target = Path(folder) / "float.onnx", Path(folder) / "int8.onnx"
            source.write_bytes(model.SerializeToString())
            quantize_dynamic(
                source,
                target,
                op_types_to_quantize=list(OPERATORS),
                weight_type=QuantType.QInt8,
            )
            return target.read_bytes()
    finally:
        logger.setLevel(level)
