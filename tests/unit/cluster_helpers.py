"""Schedulers and workers of a cluster on this machine."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import time
from pathlib import Path

import distributed


def address_in(file: Path, scheduler: subprocess.Popen[bytes]) -> str:
    """The address that a scheduler writes when it listens; it writes the file bit by bit."""
    while True:
        assert scheduler.poll() is None, "the scheduler did not start"
        with contextlib.suppress(FileNotFoundError, json.JSONDecodeError):
            return str(json.loads(file.read_text())["address"])
        time.sleep(0.05)


class Hosts:
    """Processes of a cluster on this machine, all ended at the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "scheduler.json"
        self.processes: list[subprocess.Popen[bytes]] = []
        self.scheduler = self.start(
            "scheduler", "--port", "0", "--no-dashboard", "--scheduler-file", str(self.file)
        )
        self.address = address_in(self.file, self.scheduler)

    def start(self, kind: str, *options: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.dask_{kind}", *options]
        with (self.folder / f"{kind}-{len(self.processes)}.log").open("wb") as log:
            process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder)
        self.processes.append(process)
        return process

    def worker(self) -> subprocess.Popen[bytes]:
        options = ("--no-nanny", "--nthreads", "1", "--no-dashboard")
        return self.start("worker", self.address, *options)

    def joined(self, workers: int) -> None:
        """Wait until so many have."""
        with distributed.Client(self.address, set_as_default=False) as client:  # type: ignore[no-untyped-call]
            client.wait_for_workers(workers, timeout=60)  # type: ignore[no-untyped-call]

    def end(self) -> None:
        for process in self.processes:
            process.kill()
            process.wait()
