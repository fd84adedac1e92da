"""scikit-optimize: its Optimizer, a Gaussian process by default. It knows no conditions: all parameters are searched.

Points can neither be pending nor fail in it. Its own way with batches is the constant liar: points that wait are
taken to have the least value so far, in a copy of the optimizer; that is done here for all pending points. What failed
is told as the worst value so far.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
from skopt import Optimizer
from skopt.space import Categorical, Dimension, Integer, Real

from space import Parameter, Point
from tuner import Result, Setup, Tuner, Worst


def make(setup: Setup) -> Tuner:
    warnings.simplefilter("ignore")
    return SkoptTuner(setup)


class SkoptTuner(Tuner):
    def __init__(self, setup: Setup) -> None:
        self._parameters = setup.space.free
        self._optimizer = Optimizer([_dimension(p) for p in self._parameters], random_state=setup.seed)
        self._pending: dict[int, list[Any]] = {}
        self._worst = Worst()

    def ask(self, ids: Sequence[int]) -> list[Point]:
        return [self._propose(i) for i in ids]

    def _propose(self, i: int) -> Point:
        optimizer = self._optimizer
        if self._pending and optimizer.models:
            optimizer = optimizer.copy(random_state=np.random.RandomState(optimizer.rng.randint(2**31 - 1)))
            optimizer.tell(list(self._pending.values()), [min(optimizer.yi)] * len(self._pending))
        self._pending[i] = optimizer.ask()
        named = zip(self._parameters, self._pending[i], strict=True)
        return {p.name: p.decode(x) for p, x in named}

    def tell(self, results: Sequence[Result]) -> None:
        for r in results:
            x, value = self._pending.pop(r.id), self._worst.settle(r.value)
            if value is not None:
                self._optimizer.tell(x, value)


def _dimension(p: Parameter) -> Dimension:
    axis, prior = p.axis, "log-uniform" if p.axis.log else "uniform"
    if axis.kind == "choice":
        return Categorical(list(range(len(p.values))))
    kind = Integer if axis.kind == "int" else Real
    return kind(axis.low, axis.high, prior=prior)
