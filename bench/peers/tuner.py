"""What a peer has to be for serve.py to answer for it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from space import Point, Space


class UnsupportedError(Exception):
    """The library cannot search this space; the message says what it lacks."""


@dataclass(frozen=True)
class Setup:
    """What is known when a run begins."""

    space: Space
    seed: int
    budget: int  # how many points will be asked for, the batches and what fails included
    parallel: int  # how many points may be pending at once


@dataclass(frozen=True)
class Result:
    """How the evaluation of a point ended; value is None when it failed."""

    id: int
    value: float | None


class Tuner(ABC):
    """A run of a library, with the library's own defaults. It minimises."""

    @abstractmethod
    def ask(self, ids: Sequence[int]) -> list[Point]:
        """Propose a point for each id. Values of parameters that are inactive are dropped by the caller."""

    @abstractmethod
    def tell(self, results: Sequence[Result]) -> None:
        """Take in how points ended, in any order; others may still be pending."""


class Worst:
    """The worst value so far, for libraries in which a point cannot fail.

    Before there is any value, a failure cannot be told and has to wait: settle gives None.
    """

    def __init__(self) -> None:
        self._worst: float | None = None

    def settle(self, value: float | None) -> float | None:
        if value is None:
            return self._worst
        self._worst = value if self._worst is None else max(self._worst, value)
        return value
