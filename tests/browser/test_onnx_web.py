"""The example page: a model gives in the browser what it gives in Python."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("onnx", reason="the extra 'onnx' is not installed")
pytest.importorskip("onnxruntime", reason="the extra 'onnx' is not installed")

from playwright.sync_api import Browser

from crosswear.baselines import BUNDLED
from crosswear.deploy.bundle import Bundle
from crosswear.deploy.export import EXAMPLES, export_onnx
from crosswear.deploy.export.check_windows import simulated_windows
from crosswear.networks.models import NETWORKS

sys.path.insert(0, str(Path(__file__).parents[1] / "unit"))
from bundle_helpers import a_bundle

EXAMPLE = Path(__file__).parents[2] / "examples" / "onnx-web"
NO_NETWORK = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ENETUNREACH")


class Quiet(SimpleHTTPRequestHandler):
    extensions_map = SimpleHTTPRequestHandler.extensions_map | {
        ".mjs": "text/javascript",
        ".wasm": "application/wasm",
    }

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def modules(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example's packages, of the versions in its lock file."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("packages")
    for name in ("package.json", "package-lock.json"):
        shutil.copy(EXAMPLE / name, folder)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        pytest.skip("npm could not get the packages within five minutes")
    if any(sign in done.stderr for sign in NO_NETWORK):
        pytest.skip(f"npm cannot reach its registry: {done.stderr.strip().splitlines()[0]}")
    assert done.returncode == 0, done.stderr
    return folder / "node_modules"


@pytest.fixture
def site(tmp_path: Path, modules: Path) -> Iterator[tuple[Path, str]]:
    """A copy of the example, and where it is served."""
    for name in ("index.html", "recognise.mjs"):
        shutil.copy(EXAMPLE / name, tmp_path)
    (tmp_path / "node_modules").symlink_to(modules)
    handler = functools.partial(Quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield tmp_path, f"http://127.0.0.1:{server.server_address[1]}/"
        server.shutdown()
        thread.join()


def opened(browser: Browser, address: str, state: str) -> tuple[Any, list[str]]:
    page = browser.new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(address)
    page.wait_for_selector(f"#status[data-state={state}]", timeout=120_000)
    return page, asked


def bundle_of(kind: str) -> Bundle:
    classes = ("walk", "<b>sit</b>", "=brush|teeth")
    if kind in NETWORKS:
        from crosswear.core.config import ModelConfig

        return a_bundle(classes, model=ModelConfig(name=kind, filters=(4, 4, 4)))
    rng = np.random.default_rng(0)
    y = np.arange(60) % 3
    x = (rng.normal(size=(60, 3, 100)) * (1 + y)[:, None, None]).astype(np.float32)
    state = BUNDLED[kind].fit(x, y, 3, 25.0, 0).state()
    return a_bundle(classes, state=state, kind=kind, model=None)


@pytest.mark.slow
@pytest.mark.parametrize("kind", [*NETWORKS, "minirocket"])
def test_the_browser_says_what_python_says(
    browser: Browser, site: tuple[Path, str], kind: str
) -> None:
    folder, address = site
    bundle = bundle_of(kind)
    windows = simulated_windows(bundle)
    export_onnx(bundle, folder / "model.onnx", windows, examples=folder / "windows.json")
    page, asked = opened(browser, address, "done")
    found = np.array(page.evaluate("window.probabilities"))
    some = windows.x[np.linspace(0, len(windows.x) - 1, EXAMPLES).astype(int)]
    np.testing.assert_allclose(found, bundle.classifier().scores(some), rtol=0, atol=1e-4)
    shown = [row.split("\t") for row in page.locator("#result").inner_text().splitlines()]
    assert len(shown) == EXAMPLES
    best = bundle.manifest.classes[int(found[0].argmax())]
    assert shown[0][1].removesuffix(" (unsure)") == best
    assert all(url.startswith((address, "data:", "blob:")) for url in asked)
    page.close()


@pytest.mark.slow
def test_a_missing_model_is_said(browser: Browser, site: tuple[Path, str]) -> None:
    _, address = site
    page, _ = opened(browser, address, "failed")
    assert "windows.json: 404" in page.locator("#status").inner_text()
    page.close()
