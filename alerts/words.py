"""How alerts are said: the name of a rule, and how rarely chance brings something as strong."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from alerts.labels import method_name
from gis.texts import Texts

#: beyond this a recurrence interval says no more than that it is long [days]
LONG_DAYS = 3650
#: windows from here on are said in days [h]
DAYS_FROM_H = 72


def rule_title(rule_id: str, name: Mapping[str, str] | None, texts: Texts) -> str:
    """What people call a rule: its own name, else the one of the texts, else its id."""
    if name:
        return name.get(texts.language) or next(iter(name.values()))
    key = f"alerts.rule.{rule_id}"
    return texts(key) if key in texts.by_key else rule_id


def recurrence_words(days: float | None, texts: Texts) -> str:
    """Say a recurrence interval [days]: 约214天一遇; empty where it is not a matter of chance.

    Examples
    --------
    >>> from gis.texts import texts_in
    >>> recurrence_words(213.7, texts_in("zh"))
    '约214天一遇'
    """
    if days is None:
        return ""
    if days >= LONG_DAYS:
        return texts("alerts.recurrence.years")
    return texts("alerts.recurrence", n=f"{max(1, round(days)):,}")


def window_words(begins: datetime, ends: datetime, texts: Texts) -> str:
    """Say how long a window is: 24小时, 8天."""
    hours = max(1, round((ends - begins).total_seconds() / 3600))
    return (
        texts("alerts.window.days", n=round(hours / 24))
        if hours >= DAYS_FROM_H
        else texts("alerts.window.hours", n=hours)
    )


def method_words(method: str, texts: Texts, *, compared: bool) -> str:
    """Say how something was found; a threshold that is not `compared` with anything expected says no more than that."""
    name = method_name(method)
    key = f"alerts.method.{name}"
    if not compared and f"{key}.plain" in texts.by_key:
        return texts(f"{key}.plain")
    return texts(key) if key in texts.by_key else method


def level_word(level: int, texts: Texts) -> str:
    """The word for a level: 红, 橙, 黄, 蓝."""
    return texts(f"alerts.level.{level}")


def change_words(change: str, level: int, detail: Mapping[str, Any], texts: Texts) -> str:
    """Say a step in an alert's life with what there is to add: 变级 黄→橙, 解除（并入相邻预警）."""
    words = texts(f"alerts.change.{change}")
    if change == "level" and "from" in detail:
        return f"{words} {level_word(detail['from'], texts)}→{level_word(level, texts)}"
    if change == "cleared" and "ended_by" in detail:
        return texts("alerts.change.ended", change=words, why=texts(f"alerts.ended.{detail['ended_by']}"))
    more = {
        "grown": f"+{detail.get('new_cells', 0)}",
        "updated": f"+{detail.get('new', 0)}",
        "followed": texts(f"alerts.followed.{detail['what']}") if "what" in detail else "",
        "escalated": "→ " + texts(f"alerts.post.{detail['to']}") if "to" in detail else "",
        "inhibited": f"#{detail.get('by', '')}",
        "silenced": detail.get("reason", ""),
    }
    return f"{words} {more.get(change, '')}".strip()


def matcher_words(
    label: str, op: str, values: Iterable[str], texts: Texts, names: Mapping[tuple[str, str], str] | None = None
) -> str:
    """Say a matcher: 级别 为 红、橙; `names` of places and communities by (label, value)."""
    named = {"level": "alerts.level", "unit": "alerts.unit", "what": "alerts.rule"}.get(label)
    told = [
        texts(f"{named}.{value}") if f"{named}.{value}" in texts.by_key else (names or {}).get((label, value), value)
        for value in values
    ]
    return f"{texts(f'alerts.label.{label}')} {texts(f'alerts.op.{op}')} {texts('alerts.and').join(told)}"
