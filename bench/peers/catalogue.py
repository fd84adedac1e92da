"""The peers by name. Standard library only: `peer --list` reads this without any environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Peer:
    """One way to use one library."""

    name: str
    venv: str  # the environment: requirements/<venv>.txt, .venv/<venv>
    package: str  # the library's name in its requirements file
    module: str  # the module of tuners/ with make(setup, **settings)
    settings: dict[str, Any] = field(default_factory=dict)
    slow: bool = False  # more than about 0.3 s for a suggestion at 50 to 100 trials

    @property
    def python(self) -> Path:
        return HERE / ".venv" / self.venv / "bin" / "python"

    @property
    def installed(self) -> bool:
        return (HERE / ".venv" / self.venv / ".complete").exists()

    @property
    def version(self) -> str:
        """The version that the requirements file pins."""
        lines = (HERE / "requirements" / f"{self.venv}.txt").read_text().splitlines()
        pins = dict(line.split("==") for line in lines if "==" in line and not line.startswith("#"))
        return pins[self.package]


def _optuna(name: str, sampler: str, *, slow: bool = False) -> Peer:
    return Peer(f"optuna-{name}", "optuna", "optuna", "optuna_tuner", {"sampler": sampler}, slow)


PEERS = (
    _optuna("random", "random"),
    _optuna("tpe", "tpe"),
    _optuna("tpe-univariate", "tpe-univariate"),
    _optuna("tpe-group", "tpe-group"),
    _optuna("cmaes", "cmaes"),
    _optuna("gp", "gp", slow=True),
    _optuna("auto-rule", "auto-rule", slow=True),
    Peer("hebo", "hebo", "HEBO", "hebo_tuner", slow=True),
    Peer("smac-hpo", "smac", "smac", "smac_tuner", {"facade": "hpo"}, slow=True),
    Peer("smac-blackbox", "smac", "smac", "smac_tuner", {"facade": "blackbox"}, slow=True),
    Peer("ax", "ax", "ax-platform", "ax_tuner", slow=True),
    Peer("vizier", "vizier", "google-vizier", "vizier_tuner", slow=True),
    Peer("skopt", "classic", "scikit-optimize", "skopt_tuner", slow=True),
    Peer("hyperopt", "classic", "hyperopt", "hyperopt_tuner"),
    Peer("nevergrad", "classic", "nevergrad", "nevergrad_tuner"),
)


def find(name: str) -> Peer:
    for peer in PEERS:
        if peer.name == name:
            return peer
    raise SystemExit(f"no peer is called {name!r}; there are: {', '.join(p.name for p in PEERS)}")
