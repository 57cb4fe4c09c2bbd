"""Findings of the same cause in neighbouring cells are one case: one shape, one alert.

Pure: which findings belong together, and which standing alert a case carries on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from alerts.judge import Finding, expected_interval
from alerts.labels import fingerprint, method_name
from gis.cells import neighbours

#: units that are cells: those that touch are one shape; a compound or a community stays what people call it
CELL_UNITS = frozenset({"cell", "area"})


@dataclass(frozen=True)
class Case:
    """One or several findings that are one alert."""

    #: gravest, then largest: it lends its name
    lead: Finding
    level: int
    observed: float
    expected: float | None
    expected_low: float | None
    expected_high: float | None
    window_from: datetime
    window_to: datetime
    member_ids: tuple[int, ...]
    reasons: tuple[tuple[str, int], ...]
    #: known for cells and areas; looked up for other units
    cells: tuple[int, ...]

    @property
    def fingerprint(self) -> str:
        """Its identity, while no standing alert lends it another."""
        lead = self.lead
        return fingerprint(rule=lead.rule, unit_kind=lead.unit_kind, unit_code=lead.unit_code, method=lead.method)

    @property
    def cause(self) -> tuple[str, str]:
        """What it must share with a neighbour to be one with it."""
        return self.lead.rule, method_name(self.lead.method)


def cells_of(finding: Finding) -> tuple[int, ...]:
    """Cells a finding says itself."""
    if finding.cells:
        return tuple(sorted(finding.cells))
    return (int(finding.unit_code, 16),) if finding.unit_kind == "cell" else ()


def cases_of(found: Iterable[Finding]) -> list[Case]:
    """Bring findings together that have the same rule and method and touch; every finding is in exactly one case.

    Returns
    -------
    cases
        Gravest first, in the order of `found` within a level.
    """
    by_cause: dict[tuple[str, str], list[Finding]] = {}
    cases = []
    for finding in found:
        if finding.unit_kind in CELL_UNITS:
            by_cause.setdefault((finding.rule, method_name(finding.method)), []).append(finding)
        else:
            cases.append(case_of([finding]))
    for alike in by_cause.values():
        cases.extend(case_of(together) for together in touching(alike))
    return sorted(cases, key=lambda case: case.level)


def touching(alike: Sequence[Finding]) -> list[list[Finding]]:
    """Split findings into groups whose cells share an edge or a cell, each in the order given."""
    owner: dict[int, int] = {}
    groups: dict[int, list[int]] = {}
    for place, finding in enumerate(alike):
        met = {owner[near] for cell in cells_of(finding) for near in ring(cell) if near in owner}
        home = min(met, default=place)
        members = [place]
        for other in met:
            members += groups.pop(other)
        groups[home] = members
        for member in members:
            owner.update(dict.fromkeys(cells_of(alike[member]), home))
    return [[alike[place] for place in sorted(members)] for _, members in sorted(groups.items())]


def ring(cell: int) -> list[int]:
    """A cell and the six around it."""
    return [cell, *neighbours(cell).tolist()]


def case_of(together: Sequence[Finding]) -> Case:
    """Sum findings up: counts add, the gravest level holds, the interval is that of the summed expectation."""
    lead = min(together, key=lambda finding: (finding.level, -finding.observed))
    if len(together) == 1:
        expected, low, high = lead.expected, lead.expected_low, lead.expected_high
        observed = lead.observed
    else:
        known = [finding.expected for finding in together if finding.expected is not None]
        expected = sum(known) if len(known) == len(together) else None
        low, high = expected_interval(max(expected, 0.5)) if expected is not None else (None, None)
        observed = sum(finding.observed for finding in together)
    kinds: dict[str, int] = {}
    for finding in together:
        for name, number in finding.reasons:
            kinds[name] = kinds.get(name, 0) + number
    return Case(
        lead=lead,
        level=lead.level,
        observed=observed,
        expected=expected,
        expected_low=low,
        expected_high=high,
        window_from=min(finding.window_from for finding in together),
        window_to=max(finding.window_to for finding in together),
        member_ids=tuple(sorted({member for finding in together for member in finding.member_ids})),
        reasons=tuple(sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))[:3]),
        cells=tuple(sorted({cell for finding in together for cell in cells_of(finding)})),
    )


@dataclass(frozen=True)
class Matched:
    """A case with the alert it carries on, and those that become part of it."""

    case: Case
    #: row of the standing alert; None = it is new
    known: Mapping[str, Any] | None
    absorbed: tuple[Mapping[str, Any], ...] = ()


def match_standing(cases: Sequence[Case], standing: Iterable[Mapping[str, Any]]) -> list[Matched]:
    """Find the standing alert that each case carries on.

    A compound, community or feed is known by its identity; a shape of cells by touching one of the same cause: the one
    it shares most cells with lives on, the others are absorbed. No alert is given to two cases.
    """
    rows = list(standing)
    by_fingerprint = {row["fingerprint"]: row for row in rows}
    by_cell: dict[tuple[tuple[str, str], int], list[int]] = {}
    for place, row in enumerate(rows):
        if row["unit_kind"] in CELL_UNITS:
            for cell in row["cells"]:
                by_cell.setdefault(((row["rule"], method_name(row["method"])), cell), []).append(place)
    taken: set[int] = set()
    matched = []
    for case in cases:
        if not case.cells:
            known = by_fingerprint.get(case.fingerprint)
            matched.append(Matched(case, known))
            continue
        shared = touched(case, by_cell)
        free = sorted(shared.keys() - taken, key=lambda place: (-shared[place], rows[place]["id"]))
        taken.update(free)
        own = rows[free[0]] if free else None
        matched.append(Matched(case, own, tuple(rows[place] for place in free[1:])))
    return matched


def touched(case: Case, by_cell: Mapping[tuple[tuple[str, str], int], Sequence[int]]) -> dict[int, int]:
    """Standing alerts of the same cause that a case touches, each with how many of the case's cells it has."""
    shared: dict[int, int] = {}
    for cell in case.cells:
        for near in ring(cell):
            for place in by_cell.get((case.cause, near), ()):
                shared[place] = shared.get(place, 0) + (near == cell)
    return shared
