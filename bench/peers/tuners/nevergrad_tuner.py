"""Nevergrad's NGOpt, which is told the budget and the number of workers. It knows no conditions: all parameters are
searched at all times. Pending points are its own affair; what failed is told as the worst value so far.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Sequence

import nevergrad as ng
import numpy as np

from space import Parameter, Point
from tuner import Result, Setup, Tuner, Worst


def make(setup: Setup) -> Tuner:
    warnings.simplefilter("ignore")
    random.seed(setup.seed)
    np.random.seed(setup.seed)
    return NevergradTuner(setup)


class NevergradTuner(Tuner):
    def __init__(self, setup: Setup) -> None:
        self._parameters = setup.space.free
        space = ng.p.Dict(**{f"p{n}": _dimension(p) for n, p in enumerate(self._parameters)})
        space.random_state = np.random.RandomState(setup.seed)
        self._optimizer = ng.optimizers.NGOpt(space, budget=setup.budget, num_workers=setup.parallel)
        self._pending: dict[int, ng.p.Parameter] = {}
        self._worst = Worst()

    def ask(self, ids: Sequence[int]) -> list[Point]:
        for i in ids:
            self._pending[i] = self._optimizer.ask()
        return [self._point(self._pending[i]) for i in ids]

    def _point(self, candidate: ng.p.Parameter) -> Point:
        return {p.name: p.decode(candidate.value[f"p{n}"]) for n, p in enumerate(self._parameters)}

    def tell(self, results: Sequence[Result]) -> None:
        for r in results:
            candidate, value = self._pending.pop(r.id), self._worst.settle(r.value)
            if value is not None:
                self._optimizer.tell(candidate, value)


def _dimension(p: Parameter) -> ng.p.Parameter:
    axis = p.axis
    if axis.kind == "choice":
        return ng.p.Choice(list(range(len(p.values))))
    if p.type == "discrete":
        return ng.p.TransitionChoice(list(range(len(p.values))))
    kind = ng.p.Log if axis.log else ng.p.Scalar
    dimension = kind(lower=axis.low, upper=axis.high)
    return dimension.set_integer_casting() if axis.kind == "int" else dimension
