"""HEBO with its default model. It knows no conditions: every parameter is searched at all times.

It knows no pending points either: a batch is asked for in one call, as its manual has it, and a point that is asked for
while others are pending is proposed without regard to them. What failed is told as NaN, which HEBO leaves out.
"""

from __future__ import annotations

import random
import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import torch
from hebo.design_space.design_space import DesignSpace
from hebo.optimizers.hebo import HEBO
from pymoo.config import Config

from space import Parameter, Point
from tuner import Result, Setup, Tuner


def make(setup: Setup) -> Tuner:
    warnings.simplefilter("ignore")
    Config.warnings["not_compiled"] = False
    random.seed(setup.seed)
    np.random.seed(setup.seed)
    torch.manual_seed(setup.seed)
    torch.set_num_threads(1)
    return HeboTuner(setup)


class HeboTuner(Tuner):
    def __init__(self, setup: Setup) -> None:
        self._parameters = setup.space.free
        space = DesignSpace().parse([_dimension(p) for p in self._parameters])
        self._hebo = HEBO(space, scramble_seed=setup.seed)
        self._rows: dict[int, pd.DataFrame] = {}

    def ask(self, ids: Sequence[int]) -> list[Point]:
        rows = self._hebo.suggest(n_suggestions=len(ids))
        for n, i in enumerate(ids):
            self._rows[i] = rows.iloc[[n]]
        return [{p.name: p.decode(self._rows[i][p.name].item()) for p in self._parameters} for i in ids]

    def tell(self, results: Sequence[Result]) -> None:
        rows = pd.concat([self._rows.pop(r.id) for r in results])
        values = [np.nan if r.value is None else r.value for r in results]
        self._hebo.observe(rows, np.array(values).reshape(-1, 1))


def _dimension(p: Parameter) -> dict[str, Any]:
    axis = p.axis
    if axis.kind == "choice":
        return {"name": p.name, "type": "cat", "categories": list(range(len(p.values)))}
    kind = {("float", False): "num", ("float", True): "pow", ("int", False): "int", ("int", True): "pow_int"}
    return {"name": p.name, "type": kind[axis.kind, axis.log], "lb": axis.low, "ub": axis.high}
