"""The search space as the driver describes it, and what every peer needs to know about it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, Literal, TypeAlias

Value: TypeAlias = float | int | str | bool
Point: TypeAlias = dict[str, Value]


@dataclass(frozen=True)
class Condition:
    """Holds when an earlier parameter is active and has one of the values."""

    parameter: str
    values: tuple[Value, ...]

    def holds(self, point: Point) -> bool:
        return self.parameter in point and point[self.parameter] in self.values


@dataclass(frozen=True)
class Axis:
    """A parameter for a library that knows ranges and choices, but no steps and no ordered lists.

    float: any number of [low, high]. int: whole numbers of [low, high], which are either the values themselves or
    the places of the values in their order. choice: the places of the values, which have no order.
    """

    kind: Literal["float", "int", "choice"]
    low: float
    high: float
    log: bool = False


@dataclass(frozen=True)
class Parameter:
    """One dimension; the fields are those of the protocol."""

    name: str
    type: Literal["double", "int", "discrete", "categorical"]
    min: float = 0.0
    max: float = 0.0
    step: float = 0.0
    log: bool = False
    values: tuple[Value, ...] = ()
    when: tuple[Condition, ...] = ()

    @classmethod
    def parse(cls, raw: dict[str, Any]) -> Parameter:
        fields = dict(raw)
        fields["values"] = tuple(raw.get("values", ()))
        fields["when"] = tuple(Condition(c["parameter"], tuple(c["values"])) for c in raw.get("when", ()))
        return cls(**fields)

    @cached_property
    def grid(self) -> tuple[Value, ...] | None:
        """The values in their order when they are a list or lie on steps; None for plain doubles and ints."""
        if self.type in ("discrete", "categorical"):
            return self.values
        if self.min >= self.max:
            return (self._number(self.min),)
        if self.step == 0 or (self.type == "int" and self.step == 1):
            return None
        count = math.floor((self.max - self.min) / self.step + 1e-9) + 1
        low, step = Decimal(repr(self.min)), Decimal(repr(self.step))
        return tuple(self._number(float(low + i * step)) for i in range(count))

    @property
    def fixed(self) -> bool:
        """Whether there is only one value, so that there is nothing to search."""
        return self.grid is not None and len(self.grid) == 1

    @cached_property
    def axis(self) -> Axis:
        """A step is an int that counts the steps. On a logarithmic scale, it is a float that decode rounds."""
        if self.type == "categorical":
            return Axis("choice", 0, len(self.values) - 1)
        if self.grid is not None and not self.log:
            return Axis("int", 0, len(self.grid) - 1)
        if self.type == "int" and self.grid is None:
            return Axis("int", int(self.min), int(self.max), self.log)
        return Axis("float", self.min, self.max, self.log)

    def decode(self, x: Any) -> Value:
        """The value that a place on the axis means."""
        if self.grid is None:
            return self._number(min(max(float(x), self.min), self.max))
        if self.axis.kind == "float":
            return min(self.grid, key=lambda v: abs(float(v) - float(x)))
        return self.grid[int(x)]

    def encode(self, value: Value) -> float | int:
        """The place on the axis of a value: the inverse of decode."""
        if self.grid is None or self.axis.kind == "float":
            return value if self.axis.kind == "float" else int(value)
        return self.grid.index(value)

    def nearest(self, x: Any) -> Value:
        """The value that a number means which was computed, so that it may be off in the last digits."""
        if self.type == "categorical":
            return x
        if self.grid is not None:
            return min(self.grid, key=lambda v: abs(float(v) - float(x)))
        return self._number(min(max(float(x), self.min), self.max))

    def contains(self, value: Value) -> bool:
        if self.grid is not None:
            return value in self.grid
        whole = self.type != "int" or float(value).is_integer()
        return whole and self.min <= value <= self.max

    def _number(self, x: float) -> float | int:
        return round(x) if self.type == "int" else float(x)


class Space:
    """The parameters, parents before children."""

    def __init__(self, parameters: Sequence[Parameter]) -> None:
        self.parameters = tuple(parameters)
        self.free = tuple(p for p in parameters if not p.fixed)

    @classmethod
    def parse(cls, raw: Sequence[dict[str, Any]]) -> Space:
        return cls([Parameter.parse(r) for r in raw])

    @property
    def conditional(self) -> bool:
        return any(self.conditions(p) for p in self.free)

    def conditions(self, parameter: Parameter) -> tuple[Condition, ...]:
        """The conditions in terms of parameters that are searched: one with a single value passes on its own."""
        parents = {p.name: p for p in self.parameters}
        out: list[Condition] = []
        for c in parameter.when:
            parent = parents[c.parameter]
            out += self.conditions(parent) if parent.fixed else [c]
        return tuple(out)

    def active(self, values: Point) -> Point:
        """The point without what its own values switch off, and with the parameters that have one value."""
        point: Point = {}
        for p in self.parameters:
            if all(c.holds(point) for c in p.when):
                point[p.name] = p.grid[0] if p.fixed and p.grid else values[p.name]
        return point

    def fault(self, point: Point) -> str | None:
        """Why this is no point of the space, or None."""
        active: Point = {}
        for p in self.parameters:
            on = all(c.holds(active) for c in p.when)
            if on != (p.name in point):
                return f"{p.name} is {'missing' if on else 'there although its conditions do not hold'}"
            if on:
                if not p.contains(point[p.name]):
                    return f"{point[p.name]!r} is not a value of {p.name}"
                active[p.name] = point[p.name]
        unknown = point.keys() - active.keys()
        return f"unknown parameters {sorted(unknown)}" if unknown else None
