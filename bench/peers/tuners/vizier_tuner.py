"""Google Vizier's default designer, GP-UCB-PE, with its default settings and in the precision of its service.

It knows no conditions: all parameters are searched at all times. Sizes are padded to multiples of ten, so that it has
to compile less often. It is told of everything that is pending each time, and what failed is infeasible.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import jax
from absl import logging as absl_logging
from vizier import algorithms as vza
from vizier import pyvizier as vz
from vizier._src.algorithms.designers import gp_ucb_pe
from vizier.pyvizier.converters import padding

from space import Parameter, Point, Value
from tuner import Result, Setup, Tuner

METRIC = "value"
# Each suggestion leaves some 60 MB of compiled code behind, which is dropped after this many.
CLEAR_EVERY = 20


def make(setup: Setup) -> Tuner:
    jax.clear_caches()
    jax.config.update("jax_enable_x64", True)
    logging.disable(logging.WARNING)
    absl_logging.set_verbosity(absl_logging.ERROR)
    return VizierTuner(setup)


class VizierTuner(Tuner):
    def __init__(self, setup: Setup) -> None:
        self._parameters = setup.space.free
        problem = vz.ProblemStatement()
        for p in self._parameters:
            _add(problem.search_space.root, p)
        problem.metric_information.append(vz.MetricInformation(name=METRIC, goal=vz.ObjectiveMetricGoal.MINIMIZE))
        self._designer = gp_ucb_pe.VizierGPUCBPEBandit(
            problem,
            padding_schedule=padding.PaddingSchedule(num_trials=padding.PaddingType.MULTIPLES_OF_10),
            rng=jax.random.PRNGKey(setup.seed),
        )
        self._pending: dict[int, vz.Trial] = {}
        self._finished: list[vz.Trial] = []
        self._calls = 0

    def ask(self, ids: Sequence[int]) -> list[Point]:
        self._designer.update(vza.CompletedTrials(self._finished), vza.ActiveTrials(list(self._pending.values())))
        self._finished = []
        self._calls += 1
        if self._calls % CLEAR_EVERY == 0:
            jax.clear_caches()
        suggestions = self._designer.suggest(len(ids))
        for i, s in zip(ids, suggestions, strict=True):
            self._pending[i] = s.to_trial(i + 1)
        return [self._point(self._pending[i]) for i in ids]

    def _point(self, trial: vz.Trial) -> Point:
        return {p.name: _decode(p, trial.parameters.get_value(p.name)) for p in self._parameters}

    def tell(self, results: Sequence[Result]) -> None:
        for r in results:
            trial = self._pending.pop(r.id)
            if r.value is None:
                trial.complete(vz.Measurement(), infeasibility_reason="failed")
            else:
                trial.complete(vz.Measurement(metrics={METRIC: r.value}))
            self._finished.append(trial)


def _add(root: vz.SearchSpaceSelector, p: Parameter) -> None:
    scale = vz.ScaleType.LOG if p.log else vz.ScaleType.LINEAR
    if p.type == "categorical":
        root.add_categorical_param(p.name, [str(n) for n in range(len(p.values))])
    elif p.grid is not None:
        root.add_discrete_param(p.name, [float(v) for v in p.grid], scale_type=scale)
    elif p.type == "int":
        root.add_int_param(p.name, int(p.min), int(p.max), scale_type=scale)
    else:
        root.add_float_param(p.name, p.min, p.max, scale_type=scale)


def _decode(p: Parameter, x: float | str) -> Value:
    return p.values[int(x)] if p.type == "categorical" else p.nearest(x)
