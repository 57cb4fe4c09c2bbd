"""A rule in words: what it counts, where, in which window, and when each level holds."""

from collections.abc import Callable
from typing import Any

from alerts.rules import (
    ClusterRule,
    CompletenessRule,
    CountingRule,
    CountRule,
    ForecastRule,
    RateRule,
    RiskRule,
    Rule,
    SilenceRule,
)
from alerts.words import rule_title
from gis.texts import Texts

MINUTE_S, HOUR_S = 60, 3600


def title_of(rule: Rule, texts: Texts) -> str:
    """What people call a rule."""
    return rule_title(rule.id, rule.name.model_dump() if rule.name else None, texts)


def rule_words(rule: Rule, texts: Texts) -> str:
    """Say in one sentence what a rule looks at."""
    match rule:
        case CountRule():
            return texts("office.rules.say.threshold", what=counted(rule, texts), **window(rule, texts))
        case RateRule():
            per = texts(f"office.rules.per.{rule.per}")
            return texts("office.rules.say.rate", what=counted(rule, texts), per=per, **window(rule, texts))
        case ForecastRule():
            unit = texts(f"office.rules.unit.{rule.unit}")
            return texts("office.rules.say.forecast", what=counted(rule, texts), unit=unit, days=rule.days)
        case ClusterRule():
            method = texts(f"office.rules.method.{rule.method}")
            return texts(
                "office.rules.say.cluster",
                what=counted(rule, texts),
                method=method,
                days=rule.longest_days,
                km=f"{rule.max_km:g}",
            )
        case RiskRule():
            return texts("office.rules.say.risk", unit=texts(f"office.rules.unit.{rule.unit}"))
        case SilenceRule():
            feeds = texts.words(rule.feeds) if rule.feeds else texts("office.rules.every_feed")
            return texts("office.rules.say.no_data", feeds=feeds)
        case CompletenessRule():
            feeds = texts.words(rule.feeds) if rule.feeds else texts("office.rules.every_feed")
            return texts("office.rules.say.incomplete", feeds=feeds, n=rule.at_least_rows)


def counted(rule: CountingRule, texts: Texts) -> str:
    """Say which records a rule counts."""
    where = rule.where
    named = [*where.category, *where.subcategory, *where.topic, *where.item_code]
    parts = [*named, *(texts(f"office.rules.grade.{grade}") for grade in where.grade)]
    parts += [texts(f"office.rules.{state}") for state in ("open", "overdue") if getattr(where, state)]
    what = texts(f"office.rules.counts.{rule.counts}")
    return texts("office.rules.counted", what=what, which=texts.words(parts)) if parts else what


def window(rule: CountRule | RateRule, texts: Texts) -> dict[str, str]:
    hours = rule.window_h
    if hours % 24 == 0 and hours > 24:
        span = texts("office.rules.days", n=hours // 24)
    else:
        span = texts("office.rules.hours", n=hours)
    return {"unit": texts(f"office.rules.unit.{rule.unit}"), "window": span}


def level_words(rule: Rule, texts: Texts) -> list[tuple[int, str]]:
    """Say when each level holds, gravest first."""
    say: dict[type, Callable[[Any], str]] = {
        CountRule: lambda rung: times(rung, texts),
        RateRule: lambda rung: texts(
            "office.rules.level.rate", n=rung.at_least, rate=f"{rung.per_1000:g}", times=f"{rung.times:g}"
        ),
        ForecastRule: lambda rung: texts("office.rules.level.chance", n=rung.at_least, days=f"{rung.once_in_days:g}"),
        ClusterRule: lambda rung: texts("office.rules.level.chance", n=rung.at_least, days=f"{rung.once_in_days:g}"),
        RiskRule: lambda rung: texts("office.rules.level.risk", p=f"{100 * rung.probability:g}"),
        CompletenessRule: lambda rung: texts("office.rules.level.incomplete", share=f"{100 * rung.below:g}"),
        SilenceRule: lambda rung: texts(
            "office.rules.level.silence", times=f"{rung.times:g}", least=lasting(rung.at_least_s, texts)
        ),
    }
    rungs: list[Any] = sorted(rule.levels, key=lambda rung: int(rung.level))
    return [(rung.level, say[type(rule)](rung)) for rung in rungs]


def times(rung: Any, texts: Texts) -> str:
    key = "office.rules.level.times" if rung.times > 0 else "office.rules.level.count"
    return texts(key, n=rung.at_least, times=f"{rung.times:g}")


def lasting(seconds: int, texts: Texts) -> str:
    if seconds % HOUR_S == 0:
        return texts("office.rules.hours", n=seconds // HOUR_S)
    return texts("office.rules.minutes", n=round(seconds / MINUTE_S))
