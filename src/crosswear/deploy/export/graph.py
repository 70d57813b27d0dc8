"""A bundle's model as one ONNX graph: from windows in g to probabilities.

Spectrogram, normalisation and softmax are in the graph; resampling and windowing are not: see
`crosswear.deploy.recognise`.

torch's exporter from `torch.export` needs one more package and fixes the number of windows, so the
graph comes from a trace, whose number of windows is then replaced by a variable one.
"""

from __future__ import annotations

import io
import json
import warnings

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn
from torch.nn import functional

from crosswear.baselines.forest import Forest
from crosswear.baselines.vote import Vote
from crosswear.core.errors import ExportError
from crosswear.deploy.bundle import Bundle
from crosswear.deploy.export.tree_graph import ForestGraph, VoteGraph
from crosswear.networks.models.multi_resnet import FFT, FLOOR_DB, HOP, Spectrogram
from crosswear.signal.windows import STEPS_PER_G

OPSET = 17
"""Of 2022: supported by today's runtimes, including those in browsers."""
INPUT, OUTPUT = "windows", "probabilities"

_TRACED = 13
"""Windows in the trace: a size that no layer has, to distinguish it from the others."""


class Probabilities(nn.Module):
    """Module with the probabilities [n, C] of windows [n, 3, L], equal to `Bundle.classifier`.

    Args:
        bundle: of any kind.
    """

    def __init__(self, bundle: Bundle) -> None:
        super().__init__()
        about = bundle.manifest
        self.temperature = about.temperature
        self.gives_probabilities = about.model is None
        self.model = convolve_spectrograms(_module(bundle))

    def forward(self, x: Tensor) -> Tensor:
        """See the class for shapes."""
        scores = self.model((x * STEPS_PER_G).round() / STEPS_PER_G)
        if self.gives_probabilities:
            if self.temperature == 1:
                return torch.as_tensor(scores)
            scores = scores.log()
        return functional.softmax(scores / self.temperature, dim=1)


def _module(bundle: Bundle) -> nn.Module:
    """Return the model: class scores of a network, probabilities of the other kinds."""
    about = bundle.manifest
    if about.model is not None:
        return bundle.network()
    model = bundle.baseline()
    if isinstance(model, Forest):
        return ForestGraph(model, about.window)
    if isinstance(model, Vote):
        return VoteGraph(model, about.window)
    if isinstance(model, nn.Module):
        return model
    raise ExportError(
        f"a bundle of kind {about.kind!r} cannot be exported",
        expected="a network, a forest, MiniRocket or a vote: windows of an encoder are prepared "
        "outside its file",
        todo="run it with `crosswear predict` or the Recognizer, or adapt without an encoder",
    )


class ConvolvedSpectrogram(nn.Module):
    """`Spectrogram` with its frames and their transform as one convolution.

    [N, channels, L] → [N, channels·frames, 1, 33]
    """

    basis: Tensor

    def __init__(self, spectrogram: Spectrogram) -> None:
        super().__init__()
        self.register_buffer("basis", spectrogram.basis.unsqueeze(1))

    def forward(self, x: Tensor) -> Tensor:
        """See the class for shapes."""
        channels = []
        for channel in range(x.shape[1]):
            one = functional.pad(x[:, channel : channel + 1], (FFT // 2, FFT // 2), mode="reflect")
            cosine, sine = functional.conv1d(one, self.basis, stride=HOP).chunk(2, dim=1)
            power = (cosine.square() + sine.square()).clamp_min(1e-10)
            decibel = 10 * power.log10().transpose(1, 2)
            decibel = decibel - decibel.amax(dim=(-2, -1), keepdim=True)
            channels.append(decibel.clamp_min(-FLOOR_DB) / FLOOR_DB)
        return torch.cat(channels, dim=1).unsqueeze(2)


def to_onnx(bundle: Bundle) -> onnx.ModelProto:
    """Return the graph of a bundle's model; classes, rate, unit and threshold are its metadata.

    Raises:
        ExportError: if the model cannot be exported.
    """
    about = bundle.manifest
    model = traced(Probabilities(bundle), about.window, OUTPUT, about.name)
    known = {
        "classes": json.dumps(about.classes, ensure_ascii=False),
        "channels": json.dumps(about.channels),
        "unit": about.unit,
        "rate_hz": repr(about.rate_hz),
        "hop_s": repr(about.hop_s),
        "threshold": repr(about.threshold),
        "placement": about.placement,
        "weights_sha256": about.weights.sha256,
    }
    onnx.helper.set_model_props(model, known)
    onnx.checker.check_model(model, full_check=True)
    return model


def traced(
    module: nn.Module, samples: int, output: str, name: str, *, any_length: bool = False
) -> onnx.ModelProto:
    """Return the graph of a module of windows [n, 3, L], for any number n of them.

    Args:
        module: any.
        samples: length L of a window.
        output: name of its output.
        name: of the model, for messages.
        any_length: whether it takes windows of other lengths too.

    Raises:
        ExportError: if torch cannot export it.
    """
    content = io.BytesIO()
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # sizes become constants
            torch.onnx.export(
                module.eval(),
                (torch.zeros(_TRACED, 3, samples),),
                content,  # type: ignore[arg-type]  # the stub forgets files that are open
                dynamo=False,
                opset_version=OPSET,
                input_names=[INPUT],
                output_names=[output],
            )
    except (RuntimeError, torch.onnx.errors.OnnxExporterError) as error:
        raise ExportError(
            f"torch cannot export the model: {str(error).strip().splitlines()[-1][:200]}",
            where=name,
            expected="a network of crosswear.networks.models, a forest, a MiniRocket or a vote",
        ) from error
    model = onnx.load_from_string(content.getvalue())
    _make_batch_variable(model)
    if any_length:
        model.graph.input[0].type.tensor_type.shape.dim[2].dim_param = "samples"
    return model


def convolve_spectrograms(model: nn.Module) -> nn.Module:
    """Replace the spectrograms of a network by ones that export; changes and returns it."""
    for name, child in model.named_children():
        if isinstance(child, Spectrogram):
            setattr(model, name, ConvolvedSpectrogram(child))
    return model


def _make_batch_variable(model: onnx.ModelProto) -> None:
    """Make the number of windows variable."""
    graph = model.graph
    constants = {one.name: one for one in graph.initializer}
    constants |= {
        node.output[0]: node.attribute[0].t for node in graph.node if node.op_type == "Constant"
    }
    for node in graph.node:
        if node.op_type == "Reshape" and node.input[1] in constants:
            tensor = constants[node.input[1]]
            shape = numpy_helper.to_array(tensor).copy()
            if len(shape) and shape[0] == _TRACED:
                shape[0] = 0  # as many as there were
                tensor.CopyFrom(numpy_helper.from_array(shape, tensor.name))
        elif node.op_type == "LSTM":
            node.input[5] = node.input[6] = ""  # the initial state is zero by default
    for value in (*graph.input, *graph.output):
        value.type.tensor_type.shape.dim[0].dim_param = "n"
    del graph.value_info[:]
    _drop_unused(graph)


def _drop_unused(graph: onnx.GraphProto) -> None:
    while True:
        used = {name for node in graph.node for name in node.input}
        used |= {value.name for value in graph.output}
        unused = [node for node in graph.node if not used & set(node.output)]
        if not unused:
            return
        for node in unused:
            graph.node.remove(node)
