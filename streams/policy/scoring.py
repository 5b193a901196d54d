"""What a line of a scorecard is: which KPI, of what weight, and how it earns its points."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

import msgspec


class Perspective(StrEnum):
    """The four perspectives of a balanced scorecard."""

    FINANCIAL = "financial"
    CUSTOMER = "customer"
    PROCESS = "process"
    GROWTH = "growth"


class Better(StrEnum):
    """Which direction of a KPI is the good one."""

    HIGHER = "higher"
    LOWER = "lower"


class Scoring(StrEnum):
    """How a line earns its points."""

    LINEAR = "linear"
    BASELINE = "baseline"
    BANDS = "bands"
    MATRIX = "matrix"
    POINTS_PER_EVENT = "points_per_event"
    PENALTY = "penalty"


class By(StrEnum):
    """What bands and the rows of a matrix are about."""

    ATTAINMENT = "attainment"
    VALUE = "value"


class Band(msgspec.Struct, frozen=True):
    """From a bound on, so many percent of the line's weight are earned."""

    start: Decimal
    points: Decimal


class Matrix(msgspec.Struct, frozen=True):
    """Percents of a line's weight by bands of two KPIs: of the line's own the rows, of another one the columns."""

    kpi: str
    rows: tuple[Decimal, ...]
    columns: tuple[Decimal, ...]
    points: tuple[tuple[Decimal, ...], ...]


class ScoreKpi(msgspec.Struct, frozen=True):
    """One line of a scorecard. `better` None: as the KPI catalogue says. `target` None: only where one was set."""

    kpi: str
    perspective: Perspective = Perspective.PROCESS
    weight: Decimal = Decimal(1)
    target: Decimal | None = None
    cap: Decimal = Decimal(1)
    better: Better | None = None
    scoring: Scoring = Scoring.LINEAR
    floor: Decimal = Decimal(0)
    """An attainment below it earns nothing."""
    baseline: Decimal | None = None
    bands: tuple[Band, ...] = ()
    by: By = By.ATTAINMENT
    matrix: Matrix | None = None
    each: Decimal | None = None
    """Points for each, of a weight; of a penalty, of a hundred."""
    most: Decimal | None = None
    """The most points that a penalty costs."""
    min_count: int = 0
    """A value that rests on fewer things is not scored."""
    method: str = "kpi"
    """What it belongs to where a card combines several methods."""
    season: tuple[Decimal, ...] = ()
    """Its weights of January to December, where they are not the same."""
