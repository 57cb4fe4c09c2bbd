"""How alerts are said: the name of a rule, and how rarely chance brings something as strong."""

from collections.abc import Iterable, Mapping

from gis.texts import Texts

#: beyond this a recurrence interval says no more than that it is long [days]
LONG_DAYS = 3650


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


def level_word(level: int, texts: Texts) -> str:
    """The word for a level: 红, 橙, 黄, 蓝."""
    return texts(f"alerts.level.{level}")


def matcher_words(label: str, op: str, values: Iterable[str], texts: Texts) -> str:
    """Say a matcher: 级别 为 红、橙."""
    named = {"level": "alerts.level", "unit": "alerts.unit", "what": "alerts.rule"}.get(label)
    told = [texts(f"{named}.{value}") if f"{named}.{value}" in texts.by_key else value for value in values]
    return f"{texts(f'alerts.label.{label}')} {texts(f'alerts.op.{op}')} {texts('alerts.and').join(told)}"
