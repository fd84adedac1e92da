"""Ax through its Client: the generation strategy that it chooses by default.

A condition is Ax's own where the parent is a list and one value of it switches the parameter on; Ax knows no others, so
that all parameters are searched at all times if there are any. Pending points are known to it; what failed is marked.
"""

from __future__ import annotations

import logging
import warnings
from collections import defaultdict
from collections.abc import Sequence

from ax.api.client import Client
from ax.api.configs import ChoiceParameterConfig, RangeParameterConfig

from space import Parameter, Point, Space, Value
from tuner import Result, Setup, Tuner

METRIC = "value"


def make(setup: Setup) -> Tuner:
    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    return AxTuner(setup)


class AxTuner(Tuner):
    def __init__(self, setup: Setup) -> None:
        self._parameters = {p.name: p for p in setup.space.free}
        self._client = Client(random_seed=setup.seed)
        dependents = _dependents(setup.space)
        self._client.configure_experiment([_dimension(p, dependents.get(p.name)) for p in setup.space.free])
        self._client.configure_optimization(objective=f"-{METRIC}")
        self._trials: dict[int, int] = {}

    def ask(self, ids: Sequence[int]) -> list[Point]:
        proposed: dict[int, dict[str, Value]] = {}
        while len(proposed) < len(ids):  # a generation step may give fewer than it is asked for
            more = self._client.get_next_trials(max_trials=len(ids) - len(proposed))
            if not more:
                raise RuntimeError("Ax proposes nothing until it is told more")
            proposed |= more
        self._trials |= dict(zip(ids, proposed, strict=True))
        return [{name: _decode(self._parameters[name], x) for name, x in p.items()} for p in proposed.values()]

    def tell(self, results: Sequence[Result]) -> None:
        for r in results:
            trial = self._trials.pop(r.id)
            if r.value is None:
                self._client.mark_trial_failed(trial)
            else:
                self._client.complete_trial(trial, raw_data={METRIC: r.value})


def _dependents(space: Space) -> dict[str, dict[str | float, list[str]]]:
    """For each parent, what each of its values switches on; empty if Ax could not say some condition."""
    lists = {p.name: p for p in space.free if p.type in ("categorical", "discrete")}
    found: dict[str, dict[str | float, list[str]]] = defaultdict(lambda: defaultdict(list))
    for p in space.free:
        conditions = space.conditions(p)
        if not conditions:
            continue
        [first, *others] = conditions
        if others or first.parameter not in lists or len(first.values) != 1:
            return {}
        found[first.parameter][_encode(lists[first.parameter], first.values[0])].append(p.name)
    return {parent: dict(values) for parent, values in found.items()}


def _dimension(
    p: Parameter, dependents: dict[str | float, list[str]] | None
) -> RangeParameterConfig | ChoiceParameterConfig:
    if p.type in ("categorical", "discrete"):
        ordered = p.type == "discrete"
        values = [_encode(p, v) for v in p.values]
        kind = "float" if ordered else "str"
        return ChoiceParameterConfig(p.name, values, kind, is_ordered=ordered, dependent_parameters=dependents)
    axis, scaling = p.axis, "log" if p.axis.log else "linear"
    return RangeParameterConfig(p.name, (axis.low, axis.high), axis.kind, scaling=scaling)


def _encode(p: Parameter, value: Value) -> str | float:
    return float(value) if p.type == "discrete" else str(p.values.index(value))


def _decode(p: Parameter, x: Value) -> Value:
    if p.type == "discrete":
        return p.nearest(x)
    return p.decode(int(x) if p.type == "categorical" else x)
