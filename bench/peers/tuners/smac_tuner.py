"""SMAC3 through its facades, with ConfigSpace's own conditions, lists and scales.

"hpo" is the facade with a random forest, which SMAC recommends by default; it takes the logarithm of what it is told,
and treats everything that is not positive as 0.00001. "blackbox" is the one with a Gaussian process. Pending points
are known to SMAC, so that it does not propose them again. What failed has the status CRASHED, and as its cost the
worst value so far: SMAC's own default for it is infinity, which its models cannot take.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence

from ConfigSpace import (
    AndConjunction,
    CategoricalHyperparameter,
    ConfigurationSpace,
    InCondition,
    OrdinalHyperparameter,
    UniformFloatHyperparameter,
    UniformIntegerHyperparameter,
)
from ConfigSpace.hyperparameters import Hyperparameter
from smac import BlackBoxFacade, HyperparameterOptimizationFacade, Scenario
from smac.runhistory import StatusType, TrialInfo, TrialValue

from space import Parameter, Point, Space
from tuner import Result, Setup, Tuner, Worst

FACADES = {"hpo": HyperparameterOptimizationFacade, "blackbox": BlackBoxFacade}


def make(setup: Setup, facade: str) -> Tuner:
    return SmacTuner(setup, facade)


class SmacTuner(Tuner):
    def __init__(self, setup: Setup, facade: str) -> None:
        self._parameters = {p.name: p for p in setup.space.free}
        self._folder = tempfile.TemporaryDirectory(prefix="peer-smac-")
        scenario = Scenario(
            _space(setup.space),
            deterministic=True,
            n_trials=setup.budget,
            seed=setup.seed,
            output_directory=self._folder.name,
        )
        self._smac = FACADES[facade](scenario, lambda config, seed=0: 0.0, overwrite=True, logging_level=False)
        self._trials: dict[int, TrialInfo] = {}
        self._worst = Worst()

    def ask(self, ids: Sequence[int]) -> list[Point]:
        return [self._propose(i) for i in ids]

    def _propose(self, i: int) -> Point:
        trial = self._trials[i] = self._smac.ask()
        return {name: _decode(self._parameters[name], x) for name, x in trial.config.items()}

    def tell(self, results: Sequence[Result]) -> None:
        for r in results:
            status = StatusType.CRASHED if r.value is None else StatusType.SUCCESS
            cost = self._worst.settle(r.value)
            if cost is not None:
                self._smac.tell(self._trials.pop(r.id), TrialValue(cost=cost, status=status), save=False)


def _space(space: Space) -> ConfigurationSpace:
    configs = ConfigurationSpace()
    made = {p.name: _dimension(p) for p in space.free}
    configs.add(*made.values())
    for p in space.free:
        clauses = [
            InCondition(made[p.name], made[c.parameter], [_label(space, c.parameter, v) for v in c.values])
            for c in space.conditions(p)
        ]
        if clauses:
            configs.add(clauses[0] if len(clauses) == 1 else AndConjunction(*clauses))
    return configs


def _dimension(p: Parameter) -> Hyperparameter:
    axis = p.axis
    if axis.kind == "choice":
        return CategoricalHyperparameter(p.name, [str(n) for n in range(len(p.values))])
    if p.type == "discrete":
        return OrdinalHyperparameter(p.name, list(range(len(p.values))))
    kind = UniformFloatHyperparameter if axis.kind == "float" else UniformIntegerHyperparameter
    return kind(p.name, axis.low, axis.high, log=axis.log)


def _decode(p: Parameter, x: object) -> object:
    return p.decode(int(x) if p.axis.kind == "choice" else x)


def _label(space: Space, name: str, value: object) -> object:
    [parameter] = [p for p in space.parameters if p.name == name]
    place = parameter.encode(value)
    return str(place) if parameter.type == "categorical" else place
