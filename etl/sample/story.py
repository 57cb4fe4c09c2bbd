"""The sample's story told on beyond the delivery: rows up to now in the same formats, and the steps still to come.

Each report's life is fixed by seed, scale and the delivery's last day, so what is topped up and what is simulated
continues the files exactly.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import yaml

from etl.sample.causes import Causes
from etl.sample.delivery import FEEDS, describe_district, incident_rows, request_rows
from etl.sample.facts import records
from etl.sample.files import write_csv, write_json_lines
from etl.sample.petitions import build_petitions, petition_rows, petition_state_at
from etl.sample.reports import Reports, request_state_at, state_at
from etl.sample.world import build_world
from gis.errors import BadInput

ZONE = ZoneInfo("Asia/Shanghai")
# the longest life of a report: 60 days to the end of its time, and the latest are late by four tenths
_LONGEST_DAYS = 90
GRADES = {"一般": "general", "较大": "larger", "重大": "major", "特别重大": "severe"}


@dataclass(frozen=True, order=True)
class Step:
    """One thing another system does at a moment: report something, or lead it on."""

    at: dt.datetime
    subject: str  # incidents or requests
    source_key: str
    to: str  # reported, dispatched, accepted, returned, handling, closed, withdrawn
    note: str = ""
    turn: int = 1  # which time: what was sent back is dispatched a second time


@dataclass(frozen=True)
class Story:
    """One sample's reports at any time; `seed`, `scale` and `until` as in its delivery."""

    seed: int
    scale: float
    until: dt.date

    @classmethod
    def of_folder(cls, folder: Path) -> "Story":
        """Read from a delivery's `district.yml` how it was made.

        Raises
        ------
        BadInput
            If the folder holds no delivery of the sample.
        """
        path = folder / "district.yml"
        if not path.is_file():
            raise BadInput("{folder} holds no district.yml; give a folder written by `fengqiao sample`", folder=folder)
        made = (yaml.safe_load(path.read_text(encoding="utf-8")) or {}).get("sample")
        if not made:
            raise BadInput("{path} has no key `sample`; only a delivery of the sample can be continued", path=path)
        return cls(seed=int(made["seed"]), scale=float(made["scale"]), until=dt.date.fromisoformat(made["until"]))

    @cached_property
    def _causes(self) -> Causes:
        return Causes(build_world(seed=self.seed, scale=self.scale, until=self.until))

    @cached_property
    def _reports(self) -> Reports:
        return Reports(self._causes)

    def reported(self, feed: str, first: dt.date, last: dt.date) -> pd.DataFrame:
        """Everything of a feed reported from `first` to `last`, both included; columns as in `Reports`."""
        days = [first + dt.timedelta(offset) for offset in range((last - first).days + 1)]
        draws = (self._causes.draw(feed, day) for day in days)
        return self._reports.incidents(draws) if feed == "incidents" else self._reports.requests(draws)

    def changed(self, feed: str, since: dt.datetime, now: dt.datetime) -> pd.DataFrame:
        """What was reported, or changed its state, after `since` and up to `now` (both timezone-aware)."""
        start, end = local(since), local(now)
        table = self.reported(
            feed, since.astimezone(ZONE).date() - dt.timedelta(_LONGEST_DAYS), now.astimezone(ZONE).date()
        )
        table = table[table["reported_at"] <= end].reset_index(drop=True)
        state = state_at if feed == "incidents" else request_state_at
        moved = state(table, start) != state(table, end)
        kept: pd.DataFrame = table[moved | (table["reported_at"] > start).to_numpy()].reset_index(drop=True)
        return kept

    def changed_petitions(self, since: dt.datetime, now: dt.datetime) -> pd.DataFrame:
        """What came to the petition office, or changed its state, after `since` and up to `now`."""
        start, end = local(since), local(now)
        last = now.astimezone(ZONE).date()
        first = since.astimezone(ZONE).date() - dt.timedelta(_LONGEST_DAYS)
        days = [first + dt.timedelta(offset) for offset in range((last - first).days + 1)]
        table = build_petitions(self._reports, days)
        table = table[table["received_at"] <= end].reset_index(drop=True)
        moved = petition_state_at(table, start) != petition_state_at(table, end)
        kept: pd.DataFrame = table[moved | (table["received_at"] > start).to_numpy()].reset_index(drop=True)
        return kept

    def steps(self, since: dt.datetime, days: int) -> Iterator[Step]:
        """All steps from `since` on for some days, in order of time; what was open before is led on."""
        first = since.astimezone(ZONE).date()
        for offset in range(days):
            day = first + dt.timedelta(offset)
            begin = max(since, dt.datetime.combine(day, dt.time(), ZONE))
            yield from self._steps_of_day(begin, dt.datetime.combine(day + dt.timedelta(1), dt.time(), ZONE))

    def _steps_of_day(self, begin: dt.datetime, end: dt.datetime) -> list[Step]:
        steps: list[Step] = []
        start, stop = local(begin), local(end)
        day = begin.astimezone(ZONE).date()
        for feed in ("incidents", "requests"):
            table = self.reported(feed, day - dt.timedelta(_LONGEST_DAYS), day)
            table = table[(table["ended_at"] > start) & (table["reported_at"] < stop)]
            for row in records(table):
                steps += [step for step in _life_of(row, feed) if begin < step.at <= end]
        return sorted(steps)

    def report(self, step: Step) -> dict[str, object]:
        """The body of the call that reports what a step with `to == "reported"` is about."""
        row = self._row(step)
        body: dict[str, object] = {
            "source_key": row["source_key"],
            "reported_at": zoned(row["reported_at"]).isoformat(),
            "source": row["source"],
            "title": row["title"],
            "description": row["description"],
            "address": row["address"],
            "due_at": zoned(row["due_at"]).isoformat(),
        }
        if pd.notna(row["lon"]):
            body |= {"lon": float(row["lon"]), "lat": float(row["lat"]), "crs": row.get("crs") or "BD-09"}
        if step.subject == "incidents":
            grade = GRADES[row["grade"]]
            return body | {"category": row["category"], "subcategory": row["subcategory"], "grade": grade}
        return body | {"item_code": row["item_code"], "resident_key": row["resident_key"] or None}

    def _row(self, step: Step) -> dict[str, Any]:
        day = step.at.astimezone(ZONE).date()
        if (step.subject, day) not in self._days:
            if len(self._days) > 4:
                self._days.clear()
            table = self.reported(step.subject, day, day)
            self._days[step.subject, day] = {str(row.source_key): row._asdict() for row in records(table)}
        return self._days[step.subject, day][step.source_key]

    @cached_property
    def _days(self) -> dict[tuple[str, dt.date], dict[str, dict[str, Any]]]:
        return {}


def top_up(folder: Path, *, since: dt.datetime, until: dt.datetime, out: Path | None = None) -> Path:
    """Write what happened after `since` and up to `until` in the delivery's formats.

    Parameters
    ----------
    folder
        A delivery of the sample; its `district.yml` says how it was made.
    since, until
        Timezone-aware moments; `since` is usually the end of the loaded history.
    out
        Folder to write to; default is `folder` with `.topup` added.

    Returns
    -------
    Path
        A folder that can be loaded: `district.yml`, `incidents.csv`, `requests.jsonl` and (if there are any)
        `petitions.csv` with new rows, and rows already delivered whose state has changed since.
    """
    story = Story.of_folder(folder)
    out = out or folder.with_name(folder.name + ".topup")
    out.mkdir(parents=True, exist_ok=True)
    now = local(until)
    incidents = incident_rows(story.changed("incidents", since, until), now)
    write_csv(out / "incidents.csv", incidents, encoding="utf-8-sig")
    write_json_lines(out / "requests.jsonl", request_rows(story.changed("requests", since, until), now))
    named = {"incidents", "requests"}
    petitions = petition_rows(story.changed_petitions(since, until), now)
    # few: a day may bring none, and a file without a row is refused
    if len(petitions):
        named.add("petitions")
        write_csv(out / "petitions.csv", petitions)
    feeds = tuple(feed for feed in FEEDS if feed["feed"] in named)
    text = describe_district(feeds, seed=story.seed, scale=story.scale, until=story.until)
    (out / "district.yml").write_text(text, encoding="utf-8")
    return out


def local(moment: dt.datetime) -> np.datetime64:
    """A timezone-aware moment as local time without zone."""
    if moment.tzinfo is None:
        raise BadInput("{moment} has no timezone; give a moment with its offset", moment=moment)
    return np.datetime64(moment.astimezone(ZONE).replace(tzinfo=None), "s")


def zoned(moment: object) -> dt.datetime:
    """Local time from a frame as a timezone-aware moment."""
    return pd.Timestamp(str(moment)).to_pydatetime().replace(tzinfo=ZONE)


def _life_of(row: Any, feed: str) -> list[Step]:
    """All steps of one report's life."""
    key, end_state = str(row.source_key), str(row.end_state)
    times = {
        "reported": row.reported_at,
        "dispatched": row.dispatched_at,
        "accepted": row.accepted_at,
        "handling": row.handled_at,
    }
    if end_state in ("已作废", "已撤回"):
        # what turns out void is withdrawn before anybody takes it on
        times = {"reported": times["reported"], "dispatched": times["dispatched"]}
        last, note = "withdrawn", end_state
    else:
        last, note = "closed", end_state
    if feed == "requests":
        times.pop("dispatched", None)
        times.pop("handling", None)
    steps = [Step(zoned(moment), feed, key, to) for to, moment in times.items()]
    if feed == "incidents" and pd.notna(row.returned_at):
        sent_back = zoned(row.returned_at)
        steps.append(Step(sent_back, feed, key, "returned", "不在本网格"))
        steps.append(Step(sent_back + dt.timedelta(seconds=1), feed, key, "dispatched", turn=2))
    return [*steps, Step(zoned(row.ended_at), feed, key, last, note)]
