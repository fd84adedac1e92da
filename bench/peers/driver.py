"""Run a peer from Python, as the Go driver does: for `selftest` and `measure`."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

from catalogue import HERE


class PeerError(Exception):
    """The peer answered with an error, or not at all."""


class Driver:
    """A peer's process. Close it by leaving the with block."""

    def __init__(self, name: str) -> None:
        self._process = subprocess.Popen(
            [HERE / "peer", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Driver:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.stdin:
            self._process.stdin.close()
        self._process.wait()

    def call(self, op: str, **fields: Any) -> dict[str, Any]:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise PeerError("the peer has no standard input or output")
        stdin.write(json.dumps({"op": op, **fields}) + "\n")
        stdin.flush()
        line = stdout.readline()
        if not line:
            raise PeerError(f"the peer ended without an answer, with status {self._process.wait()}")
        answer = json.loads(line)
        if "error" in answer:
            raise PeerError(answer["error"])
        return answer

    def peak_megabytes(self) -> int:
        """The most memory that the process has had so far. Linux only."""
        for line in Path(f"/proc/{self._process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) // 1024
        return 0
