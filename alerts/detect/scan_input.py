"""Read the files of a scan: locations, cases, controls and populations with their strata."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from alerts.detect import tables, time_units
from gis.errors import BadInput
from gis.sentences import Sentence

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

NOT_COVARIATES = ("location_id", "date", "count", "population")


@dataclass(frozen=True)
class Places:
    """The locations of a scan, in file order."""

    names: pd.Index
    first: Floats
    second: Floats
    file: str


@dataclass(frozen=True)
class Counted:
    """Rows of a case file: where, when (None without dates), how many, and of which stratum; `lines` for messages."""

    place: Integers
    day: Integers | None
    count: Integers
    strata: pd.DataFrame
    lines: pd.Index


def read_places(path: Path, *, planar: bool) -> Places:
    """Read `location_id,lon,lat` (or x,y); each location once, at least one."""
    table = tables.read_table(path, required=["location_id"])
    tables.refuse_empty(table, path)
    names = tables.text_column(table, "location_id", path)
    tables.refuse_duplicates(table.assign(location_id=names), ["location_id"], path)
    first, second = tables.place_columns(table, path, planar=planar)
    return Places(names=pd.Index(names), first=first, second=second, file=path.name)


def read_counted(path: Path, places: Places, *, value: str = "count", dated: bool) -> Counted:
    """Read `location_id[,date],count[,covariates]`; a location and date may stand on several rows, which add up."""
    table = tables.read_table(path, required=["location_id", "date", value] if dated else ["location_id", value])
    names = tables.text_column(table, "location_id", path)
    place = tables.refuse_unknown(names, places.names, path, Sentence("location"), places.file)
    count = tables.count_column(table, value, path)
    day = tables.day_numbers(tables.time_column(table, "date", path)) if "date" in table.columns else None
    covariates = [column for column in table.columns if column not in NOT_COVARIATES]
    strata = table[covariates].apply(lambda column: column.str.strip()) if covariates else table[[]]
    return Counted(place=place, day=day, count=count, strata=strata, lines=table.index)


def within(counted: Counted, first_day: int, last_day: int) -> tuple[Counted, int]:
    """Keep the rows of a period; also return the number of cases left out."""
    if counted.day is None:
        return counted, 0
    kept = (counted.day >= first_day) & (counted.day <= last_day)
    return Counted(
        place=counted.place[kept],
        day=counted.day[kept],
        count=counted.count[kept],
        strata=counted.strata[kept],
        lines=counted.lines[kept],
    ), int(counted.count[~kept].sum())


def expected_table(population: Path, cases: Counted, places: Places, bounds: Integers, cases_file: str) -> Floats:
    """Read a population file and return expected cases, one row per location, one column per time unit.

    Raises
    ------
    BadInput
        Where covariates do not match, a date stands twice, or cases have no population they could come from.
    """
    table = tables.read_table(population, required=["location_id", "population"])
    tables.refuse_empty(table, population)
    names = tables.text_column(table, "location_id", population)
    place = tables.refuse_unknown(names, places.names, population, Sentence("location"), places.file)
    people = tables.number_column(table, "population", population, minimum=0)
    covariates = [column for column in table.columns if column not in NOT_COVARIATES]
    _refuse_other_covariates(covariates, list(cases.strata.columns), population.name, cases_file)
    table = table.assign(location_id=names)
    keys = ["location_id", *covariates, *(["date"] if "date" in table.columns else [])]
    tables.refuse_duplicates(table, keys, population)
    day = _population_days(table, population) if "date" in table.columns else np.zeros(len(table), dtype=np.int64)
    stratum, cases_stratum = _strata_codes(table[covariates], cases.strata[covariates])
    strata = int(max(stratum.max(), cases_stratum.max(initial=0))) + 1
    person_days = np.zeros((len(places.names), len(bounds) - 1, strata))
    order = np.lexsort((day, stratum, place))
    group = place[order] * strata + stratum[order]
    edges = np.concatenate([[0], np.flatnonzero(np.diff(group)) + 1, [len(group)]])
    for low, high in itertools.pairwise(edges):
        rows = order[low:high]
        person_days[place[rows[0]], :, stratum[rows[0]]] = time_units.person_time(day[rows], people[rows], bounds)
    unit = np.zeros(len(cases.place), dtype=np.int64)
    if cases.day is not None and len(bounds) > 2:
        unit = np.searchsorted(bounds, cases.day, side="right") - 1
    homeless = (cases.count > 0) & (person_days[cases.place, unit, cases_stratum] <= 0)
    if homeless.any():
        row = int(np.argmax(homeless))
        raise BadInput(
            "{cases_file} line {line}: location {location} has cases but no population they could come from in {file}; "
            "give one above 0",
            cases_file=cases_file,
            line=cases.lines[row],
            location=places.names[cases.place[row]],
            file=population.name,
        )
    totals = np.bincount(cases_stratum, weights=cases.count, minlength=strata).astype(np.float64)
    return time_units.expected_cases(person_days, totals)


def case_table(cases: Counted, locations: int, bounds: Integers) -> Integers:
    """Return cases per location and time unit."""
    units = len(bounds) - 1
    unit = np.zeros(len(cases.place), dtype=np.int64)
    if cases.day is not None and units > 1:
        unit = np.searchsorted(bounds, cases.day, side="right") - 1
    table = np.zeros((locations, units), dtype=np.int64)
    np.add.at(table, (cases.place, unit), cases.count)
    return table


def stratum_codes(strata: pd.DataFrame) -> Integers | None:
    """Return a group number per row, or None without covariates."""
    if not len(strata.columns):
        return None
    return np.asarray(strata.groupby(list(strata.columns), sort=True).ngroup(), dtype=np.int64)


def _population_days(table: pd.DataFrame, path: Path) -> Integers:
    # a population known only by its year stands in the middle of it, one known by its month on the 15th
    text = table["date"].str.strip()
    text = text.where(text.str.len() != 4, text + "-07-01").where(text.str.len() != 7, text + "-15")
    return tables.day_numbers(tables.time_column(table.assign(date=text), "date", path))


def _refuse_other_covariates(population: Sequence[str], cases: Sequence[str], file: str, cases_file: str) -> None:
    for column in cases:
        if column not in population:
            raise BadInput(
                "{cases_file} has the covariate {column}, which {file} lacks",
                cases_file=cases_file,
                column=column,
                file=file,
            )
    for column in population:
        if column not in cases:
            raise BadInput(
                "{file} has the covariate {column}, which {cases_file} lacks",
                file=file,
                column=column,
                cases_file=cases_file,
            )


def _strata_codes(population: pd.DataFrame, cases: pd.DataFrame) -> tuple[Integers, Integers]:
    if not len(population.columns):
        return np.zeros(len(population), dtype=np.int64), np.zeros(len(cases), dtype=np.int64)
    both = pd.concat([population.apply(lambda column: column.str.strip()), cases])
    codes = np.asarray(both.groupby(list(both.columns), sort=True).ngroup(), dtype=np.int64)
    return codes[: len(population)], codes[len(population) :]
