"""What is said: a title and a few lines about the alerts of one group, in the route's language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from alerts.notify.notice import Notice
from alerts.words import change_words, rule_title
from gis.texts import Texts

#: alerts named one by one; the rest is counted
MOST_LINES = 10


@dataclass(frozen=True)
class Told:
    """One notification before it is sent."""

    title: str
    body: str
    #: gravest level it tells of
    level: int
    alerts: tuple[Mapping[str, Any], ...]


def compose(notices: Sequence[Notice], texts: Texts) -> Told:
    """Tell of the alerts that some notices of one route are about, gravest first, each once by its newest step."""
    newest: dict[int, Notice] = {}
    for notice in notices:
        newest[notice.alert["id"]] = notice
    ordered = sorted(newest.values(), key=lambda notice: (notice.alert["level"], notice.alert["raised_at"]))
    lines = [line_of(notice, texts) for notice in ordered[:MOST_LINES]]
    if len(ordered) > MOST_LINES:
        lines.append(texts("alerts.notify.more", n=len(ordered) - MOST_LINES))
    first = ordered[0].alert
    title = (
        texts(
            "alerts.notify.title",
            level=texts(f"alerts.level.{first['level']}"),
            what=rule_title(first["rule"], first["rule_name"], texts),
            where=where_of(first, texts),
        )
        if len(ordered) == 1
        else texts("alerts.notify.title_many", n=len(ordered), levels=levels_of(ordered, texts))
    )
    return Told(title, "\n".join(lines), first["level"], tuple(alert_told(notice, texts) for notice in ordered))


def levels_of(notices: Sequence[Notice], texts: Texts) -> str:
    """How many of each level: 橙 2 · 黄 4."""
    counts = {level: sum(notice.alert["level"] == level for notice in notices) for level in (1, 2, 3, 4)}
    return " · ".join(f"{texts(f'alerts.level.{level}')} {number}" for level, number in counts.items() if number)


def line_of(notice: Notice, texts: Texts) -> str:
    """One alert in one line."""
    alert = notice.alert
    expected = alert["expected"]
    counted = (
        ""
        if alert["unit_kind"] == "feed"
        else texts("alerts.notify.counted", n=f"{alert['observed']:.0f}")
        if expected is None
        else texts("alerts.notify.counted_expected", n=f"{alert['observed']:.0f}", expected=f"{expected:.1f}")
    )
    facts = [
        texts("alerts.notify.name", level=texts(f"alerts.level.{alert['level']}"), letter=alert["letter"]),
        rule_title(alert["rule"], alert["rule_name"], texts),
        where_of(alert, texts),
        counted,
        change_words(notice.change, notice.event_level, notice.detail, texts),
        texts("alerts.notify.holder", post=texts(f"alerts.post.{alert['holder']}")),
    ]
    return " · ".join(fact for fact in facts if fact)


def where_of(alert: Mapping[str, Any], texts: Texts) -> str:
    """Community and place, each once."""
    community = alert["community_en"] if texts.language == "en" and alert["community_en"] else alert["community"]
    parts = [community, alert["unit_name"]] if community != alert["unit_name"] else [community]
    return " ".join(part for part in parts if part) or texts("alerts.whole")


def alert_told(notice: Notice, texts: Texts) -> dict[str, Any]:
    """One alert as data, for receivers that are programs; names no person."""
    alert = notice.alert
    return {
        "id": alert["id"],
        "change": notice.change,
        "level": alert["level"],
        "letter": alert["letter"],
        "what": alert["rule"],
        "title": rule_title(alert["rule"], alert["rule_name"], texts),
        "where": where_of(alert, texts),
        "community_code": alert["community_code"],
        "observed": alert["observed"],
        "expected": alert["expected"],
        "status": alert["status"],
        "holder": alert["holder"],
        "raised_at": alert["raised_at"].isoformat(),
        "cleared_at": alert["cleared_at"].isoformat() if alert["cleared_at"] else None,
    }
