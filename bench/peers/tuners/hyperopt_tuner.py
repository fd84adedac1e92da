"""Hyperopt's TPE. Conditions become its tree of choices where each has one categorical parent; otherwise all
parameters are searched at all times. Points that failed have its status "fail"; those that are pending are unknown to
its TPE.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from hyperopt import JOB_STATE_DONE, JOB_STATE_RUNNING, STATUS_FAIL, STATUS_OK, Trials, hp, space_eval, tpe
from hyperopt.base import Domain

from space import Parameter, Point, Space
from tuner import Result, Setup, Tuner


def make(setup: Setup) -> Tuner:
    logging.getLogger("hyperopt").setLevel(logging.ERROR)
    return HyperoptTuner(setup)


class HyperoptTuner(Tuner):
    def __init__(self, setup: Setup) -> None:
        self._parameters = {p.name: p for p in setup.space.free}
        self._expression = _tree(setup.space)
        self._domain = Domain(lambda point: None, self._expression)
        self._trials = Trials()
        self._rng = np.random.default_rng(setup.seed)

    def ask(self, ids: Sequence[int]) -> list[Point]:
        return [self._propose(i) for i in ids]

    def _propose(self, i: int) -> Point:
        [trial] = tpe.suggest([i], self._domain, self._trials, int(self._rng.integers(2**31 - 1)))
        trial["state"] = JOB_STATE_RUNNING
        self._trials.insert_trial_docs([trial])
        self._trials.refresh()
        places = {name: xs[0] for name, xs in trial["misc"]["vals"].items() if xs}
        point = _flatten(space_eval(self._expression, places))
        return {name: self._parameters[name].decode(x) for name, x in point.items()}

    def tell(self, results: Sequence[Result]) -> None:
        docs = {d["tid"]: d for d in self._trials._dynamic_trials}
        for r in results:
            failed = {"status": STATUS_FAIL}
            docs[r.id]["result"] = failed if r.value is None else {"status": STATUS_OK, "loss": r.value}
            docs[r.id]["state"] = JOB_STATE_DONE
        self._trials.refresh()


def _tree(space: Space) -> dict[str, Any]:
    """Nested as the conditions are: a choice's branch holds its own number, and what depends on it."""
    kinds = {p.name: p.type for p in space.parameters}
    conditions = {p.name: space.conditions(p) for p in space.free}
    nested = all(len(cs) <= 1 and all(kinds[c.parameter] == "categorical" for c in cs) for cs in conditions.values())
    if not nested:
        return {p.name: _leaf(p) for p in space.free}
    nodes: dict[str, Any] = {}
    for p in reversed(space.free):  # children are made before their parents; one in two branches is the same node
        children = [c for c in space.free if conditions[c.name] and conditions[c.name][0].parameter == p.name]
        branches = [
            {p.name: n} | {c.name: nodes[c.name] for c in children if v in conditions[c.name][0].values}
            for n, v in enumerate(p.values)
        ]
        nodes[p.name] = hp.choice(p.name, branches) if children else _leaf(p)
    return {p.name: nodes[p.name] for p in space.free if not conditions[p.name]}


def _leaf(p: Parameter) -> Any:
    axis = p.axis
    if axis.kind == "choice":
        return hp.choice(p.name, list(range(len(p.values))))
    low, high = (math.log(axis.low), math.log(axis.high)) if axis.log else (axis.low, axis.high)
    if axis.kind == "int":
        return hp.qloguniform(p.name, low, high, 1) if axis.log else hp.uniformint(p.name, low, high)
    return hp.loguniform(p.name, low, high) if axis.log else hp.uniform(p.name, low, high)


def _flatten(tree: dict[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for name, x in tree.items():
        flat |= _flatten(x) if isinstance(x, dict) else {name: x}
    return flat
