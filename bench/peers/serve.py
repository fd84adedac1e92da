"""Answer for one peer: a JSON object a line on standard input, one back for each on standard output.

`peer` starts this with the Python of the peer's environment; README.md has the protocol.
"""

from __future__ import annotations

import importlib
import json
import math
import os
import sys
import time
from importlib.metadata import version
from typing import Any, TextIO

from catalogue import Peer, find
from space import Space
from tuner import Result, Setup, Tuner, UnsupportedError


class Clock:
    """Time since it was made: by the wall, and of this process's CPU, which other load disturbs less."""

    def __init__(self) -> None:
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def read(self) -> dict[str, float]:
        return {"seconds": time.perf_counter() - self._wall, "cpu": time.process_time() - self._cpu}


class Server:
    """The run that is under way, if any."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer
        self._module = importlib.import_module(f"tuners.{peer.module}")
        self._tuner: Tuner | None = None
        self._space = Space(())
        self._asked = 0
        self._pending: set[int] = set()

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        match request.get("op"):
            case "start":
                return self._start(request)
            case "ask":
                return self._ask(request["count"])
            case "tell":
                return self._tell(request["results"])
            case "end":
                self._tuner = None
                return {"ok": True}
        raise ValueError(f"unknown op {request.get('op')!r}")

    def _start(self, request: dict[str, Any]) -> dict[str, Any]:
        self._space, self._asked, self._pending = Space.parse(request["space"]), 0, set()
        seed = request["seed"] % 2**31  # what every generator takes
        setup = Setup(self._space, seed, request["budget"], request.get("parallel", 1))
        self._tuner = self._module.make(setup, **self._peer.settings)
        return {"ok": True, "name": self._peer.name, "version": version(self._peer.package)}

    def _running(self) -> Tuner:
        if self._tuner is None:
            raise ValueError("nothing was started")
        return self._tuner

    def _ask(self, count: int) -> dict[str, Any]:
        tuner, ids = self._running(), list(range(self._asked, self._asked + count))
        clock = Clock()
        proposed = tuner.ask(ids)
        spent = clock.read()
        points = [self._space.active(p) for p in proposed]
        for point in points:
            if fault := self._space.fault(point):
                raise ValueError(f"the peer proposed a point outside the space: {fault}")
        self._asked += count
        self._pending.update(ids)
        paired = [{"id": i, "parameters": p} for i, p in zip(ids, points, strict=True)]
        return {"points": paired, **spent}

    def _tell(self, raw: list[dict[str, Any]]) -> dict[str, Any]:
        tuner, results = self._running(), [_result(r) for r in raw]
        for r in results:
            if r.id not in self._pending:
                raise ValueError(f"point {r.id} is not pending")
            self._pending.remove(r.id)
        clock = Clock()
        tuner.tell(results)
        return {"ok": True, **clock.read()}


def _result(raw: dict[str, Any]) -> Result:
    value = raw["value"]
    return Result(raw["id"], None if value is None or not math.isfinite(value) else float(value))


def _reply(server: Server, line: str) -> dict[str, Any]:
    try:
        return server.answer(json.loads(line))
    except UnsupportedError as err:
        return {"error": f"unsupported: {err}"}
    except Exception as err:  # noqa: BLE001 - whatever a library throws is the driver's to judge
        if os.environ.get("PEER_TRACEBACK"):
            raise
        return {"error": f"{type(err).__name__}: {err}"}


def _own_stdout() -> TextIO:
    """Keep the real standard output for the answers; what libraries print goes to standard error."""
    out = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return out


def main() -> None:
    out = _own_stdout()
    sys.setdlopenflags(os.RTLD_LAZY)  # lets torch load without the GPU libraries: see `setup`
    server = Server(find(sys.argv[1]))
    for line in sys.stdin:
        out.write(json.dumps(_reply(server, line)) + "\n")
        out.flush()


if __name__ == "__main__":
    main()
