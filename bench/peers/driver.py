"""Run a peer from Python, as the Go driver does: for `selftest` and `measure`."""

from __future__ import annotations

import json
import resource
import subprocess
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
            raise PeerError("the peer ended without an answer")
        answer = json.loads(line)
        if "error" in answer:
            raise PeerError(answer["error"])
        return answer

    @staticmethod
    def peak_megabytes() -> int:
        """The most memory that any peer took which this process has started and seen end."""
        return resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
