"""Compare untrained controls of an encoder with networks that were never trained.

    python benchmarks/encoder_controls.py --data DATA --source dsads --targets selfback wharf

Trains a source network, exports it as an encoder, and draws controls of it: the features of each
feed the regression of studies, on the same adaptation sets as the features of networks with their
initial weights. Prints a Markdown table with the mean micro-F1 in per cent over all draws, their
standard deviation, and the difference of the means with its standard error. Without arguments,
the domains are simulated.
"""

from __future__ import annotations

import argparse
import tempfile
import warnings
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import crosswear
from crosswear.core.config import ModelConfig
from crosswear.core.keys import seed_for
from crosswear.core.recording import Subset
from crosswear.networks.models import build, declared
from crosswear.networks.pooled import branch_modules, pooled
from crosswear.study.source_network import source_network

STUDY = """
name = "controls"
[domains]
source = "{source}"
{targets}
[grid]
sizes = [20]
blocks = [0]
sources = ["source"]
baselines = []
[source]
epochs = {epochs}
batch_size = 64
selection = "last"
[adaptation]
epochs = 1
selection = "last"
"""


def main() -> None:
    """Print the table."""
    options = _options()
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")  # a class of one window; iterations at an end
    cache = options.cache or tempfile.mkdtemp()
    targets = "\n".join(f't{n} = "{name}"' for n, name in enumerate(options.targets))
    text = STUDY.format(source=options.source, targets=targets, epochs=options.epochs)
    study = crosswear.Study.load(text, options.data, cache)
    with tempfile.TemporaryDirectory() as folder:
        run = study.run(Path(folder) / "run", workers=1)
        stated = {"licence": "as the data", "origin": options.source}
        encoder = crosswear.export_encoder(run.folder, "source", Path(folder) / "e", **stated)
        model = source_network(run.folder, "source")[0].model
        print("| target | windows | trained | controls | untrained networks | difference |")
        print("|---|---|---|---|---|---|")
        for name in options.targets:
            domain = crosswear.prepare(name, options.data, study.design.preparation, cache)
            compare(name, domain, encoder, model, options)


def compare(
    name: str,
    domain: crosswear.Domain,
    encoder: crosswear.Encoder,
    model: ModelConfig,
    options: argparse.Namespace,
) -> None:
    """Print the rows of one target."""
    x = np.array(domain.windows.x[:, :3])
    trained = encoder.features(x, 25.0)
    controls, networks = [], []
    for draw in range(options.draws):
        seed = seed_for("control", draw)
        controls.append(encoder.features(x, 25.0, seed))
        network = build(model, 2, x.shape[2], seed)
        parts, names = declared(network), branch_modules(network)
        with torch.inference_mode():
            found = [
                pooled(model.name, parts.forward_frozen(parts.cached_input(some), (), names))
                for some in torch.split(torch.from_numpy(x), 256)
            ]
        networks.append(torch.cat(found).numpy())
    for size in options.sizes:
        known, ours, theirs = (
            np.array([score(domain, one, size, draw) for draw, one in enumerate(some)])
            for some in ([trained] * options.draws, controls, networks)
        )
        error = np.std(ours - theirs, ddof=1) / np.sqrt(len(ours))
        print(
            f"| {name} | {size} | {known.mean():.1f} | {ours.mean():.1f} ± {ours.std():.1f} "
            f"| {theirs.mean():.1f} ± {theirs.std():.1f} "
            f"| {(ours - theirs).mean():+.1f} ± {error:.1f} |",
            flush=True,
        )


def score(domain: crosswear.Domain, features: NDArray[np.floating], size: int, draw: int) -> float:
    """Return the micro-F1, in per cent, of the regression of studies on a drawn set."""
    rng = np.random.default_rng(seed_for("windows", draw))
    rows = rng.permutation(domain.indices(Subset.TRAIN))[:size]
    y, test = domain.windows.y, domain.indices(Subset.TEST)
    model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=5000))
    model.fit(features[rows].astype(np.float64), y[rows])
    return 100 * float((model.predict(features[test].astype(np.float64)) == y[test]).mean())


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--cache", type=Path)
    parser.add_argument("--source", default="simulated-sports")
    parser.add_argument("--targets", nargs="+", default=["simulated-gestures", "simulated-daily"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[20, 100])
    parser.add_argument("--draws", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=20)
    return parser.parse_args()


if __name__ == "__main__":
    main()
