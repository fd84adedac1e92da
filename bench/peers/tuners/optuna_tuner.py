"""Optuna: a study, asked and told. Conditions are plain ifs between suggestions, as Optuna's manual has it."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import optuna
from optuna.exceptions import ExperimentalWarning
from optuna.samplers import BaseSampler, CmaEsSampler, GPSampler, RandomSampler, TPESampler
from optuna.trial import Trial, TrialState

from space import Parameter, Point, Space, Value
from tuner import Result, Setup, Tuner

# After this many finished trials, the published rule of OptunaHub's AutoSampler leaves the Gaussian process.
AUTO_GP_TRIALS = 250

SAMPLERS: dict[str, Callable[[int], BaseSampler]] = {
    "random": lambda seed: RandomSampler(seed=seed),
    "tpe": lambda seed: TPESampler(seed=seed),
    "tpe-univariate": lambda seed: TPESampler(seed=seed, multivariate=False),
    "tpe-group": lambda seed: TPESampler(seed=seed, multivariate=True, group=True),
    "cmaes": lambda seed: CmaEsSampler(seed=seed, warn_independent_sampling=False),
    "gp": lambda seed: GPSampler(seed=seed, warn_independent_sampling=False),
}


def make(setup: Setup, sampler: str) -> Tuner:
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    warnings.simplefilter("ignore", ExperimentalWarning)
    if sampler == "auto-rule":
        return AutoTuner(setup)
    return OptunaTuner(setup, SAMPLERS[sampler](setup.seed))


class OptunaTuner(Tuner):
    def __init__(self, setup: Setup, sampler: BaseSampler) -> None:
        self._space = setup.space
        self._study = optuna.create_study(sampler=sampler, direction="minimize")
        self._trials: dict[int, Trial] = {}

    def ask(self, ids: Sequence[int]) -> list[Point]:
        return [self._propose(i) for i in ids]

    def _propose(self, i: int) -> Point:
        self._trials[i] = self._study.ask()
        return _suggest(self._trials[i], self._space)

    def tell(self, results: Sequence[Result]) -> None:
        for r in results:
            trial = self._trials.pop(r.id)
            if r.value is None:
                self._study.tell(trial, state=TrialState.FAIL)
            else:
                self._study.tell(trial, r.value)


class AutoTuner(OptunaTuner):
    """The rule that OptunaHub's AutoSampler publishes for one objective, over Optuna's own samplers.

    The sampler itself is downloaded when it is used, and so cannot be pinned. Categorical or conditional: TPE,
    multivariate, with pending trials as bad ones. Numbers only: a Gaussian process for the first 250 finished
    trials, then CMA-ES that starts from them.
    """

    def __init__(self, setup: Setup) -> None:
        numeric = all(p.type != "categorical" for p in setup.space.free)
        self._seed, self._gp = setup.seed, numeric and not setup.space.conditional
        tpe = TPESampler(seed=setup.seed, multivariate=True, constant_liar=True)
        super().__init__(setup, SAMPLERS["gp"](setup.seed) if self._gp else tpe)

    def ask(self, ids: Sequence[int]) -> list[Point]:
        if self._gp:
            done = self._study.get_trials(deepcopy=False, states=(TrialState.COMPLETE,))
            if len(done) >= AUTO_GP_TRIALS:
                source = done[:AUTO_GP_TRIALS]
                self._study.sampler = CmaEsSampler(
                    seed=self._seed, source_trials=source, warn_independent_sampling=False
                )
                self._gp = False
        return super().ask(ids)


def _suggest(trial: Trial, space: Space) -> Point:
    point: Point = {}
    for p in space.parameters:
        if all(c.holds(point) for c in p.when):
            point[p.name] = p.grid[0] if p.fixed and p.grid else _value(trial, p)
    return point


def _value(trial: Trial, p: Parameter) -> Value:
    if p.type == "categorical":
        return trial.suggest_categorical(p.name, p.values)
    if p.axis.kind == "int":
        return p.decode(trial.suggest_int(p.name, int(p.axis.low), int(p.axis.high), log=p.axis.log))
    return p.decode(trial.suggest_float(p.name, p.axis.low, p.axis.high, log=p.axis.log))
