"""The stages a step goes through before somebody is told, as Alertmanager has them: each decides with a reason.

Pure. `FIRST` are asked once for a step, `ALONG` once for each of its routes, `LAST` again when its group is due, since
what was waited for may have changed meanwhile. The list is the order.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.labels import matches
from alerts.notify.notice import GroupState, Notice, Verdict, World
from alerts.notify.routing import TOLD_CHANGES, QuietHours

Stage = Callable[[Notice, World], Verdict]


def inhibit(notice: Notice, world: World) -> Verdict:
    """A larger alert explains it: whoever is told of that one need not be told of this one."""
    cause = notice.alert["inhibited_by"]
    if cause is not None and notice.alert["status"] != "cleared":
        return Verdict("stop", "inhibited", {"alert": cause})
    return Verdict("pass", "not_inhibited")


def silence(notice: Notice, world: World) -> Verdict:
    """An operator said that it is known."""
    silenced_by = notice.alert["silenced_by"]
    if silenced_by is None:
        return Verdict("pass", "not_silenced")
    known = world.silences.get(silenced_by, {})
    return Verdict("stop", "silenced", {"silence": silenced_by, "why": known.get("reason", "")})


def concern(notice: Notice, world: World) -> Verdict:
    """Some steps are for the record: what people did themselves, what was held back."""
    if notice.change not in TOLD_CHANGES:
        return Verdict("stop", "for_the_record", {"change": notice.change})
    return Verdict("pass", "concerns", {"change": notice.change})


def novelty(notice: Notice, world: World) -> Verdict:
    """What counts cases is reported again only when it became graver or a case was added, not when a count swings."""
    if notice.change not in ("level", "grown") or notice.alert["members"] is None:
        return Verdict("pass", "its_own_news")
    if notice.detail.get("new"):
        return Verdict("pass", "new_cases", {"n": notice.detail["new"]})
    if notice.event_level < notice.detail.get("from", notice.event_level):
        return Verdict("pass", "graver")
    return Verdict("stop", "no_new_case")


def route(notice: Notice, world: World) -> Verdict:
    """Whether this route is for such an alert, such a step, and the post that holds it."""
    way = notice.route
    assert way is not None
    if notice.change not in way.changes:
        return Verdict("stop", "route_other_change", {"route": way.id})
    if not matches(way.match, notice.labels):
        return Verdict("stop", "route_other_labels", {"route": way.id})
    if way.posts and notice.alert["holder"] not in way.posts:
        return Verdict("stop", "route_other_post", {"route": way.id, "post": notice.alert["holder"]})
    return Verdict("pass", "routed", {"route": way.id})


def group(notice: Notice, world: World) -> Verdict:
    """What is told together."""
    by = world.routing.group.by
    notice.group_key = "|".join(notice.labels[label] for label in by)
    return Verdict("pass", "grouped", {"by": list(by), "group": notice.group_key})


def wait(notice: Notice, world: World) -> Verdict:
    """How long its group waits for others."""
    assert notice.route is not None
    key = (notice.route.id, notice.group_key)
    known = world.groups.get(key, GroupState())
    timing = world.routing.group
    if notice.event_level == 1 and notice.change != "cleared":
        notice.due_at = world.now
        verdict = Verdict("pass", "red_at_once")
    elif known.due_at is not None:
        notice.due_at = known.due_at
        verdict = Verdict("hold", "joins_group", {"until": known.due_at.isoformat()})
    else:
        earliest = world.now + timedelta(seconds=timing.wait_s)
        again = known.told_at + timedelta(seconds=timing.interval_s) if known.told_at else earliest
        notice.due_at = max(earliest, again)
        reason = "waits_interval" if again > earliest else "waits_for_others"
        verdict = Verdict("hold", reason, {"until": notice.due_at.isoformat()})
    world.groups[key] = GroupState(min(notice.due_at, known.due_at or notice.due_at), known.told_at)
    return verdict


def quiet(notice: Notice, world: World) -> Verdict:
    """Mild alerts wait until the morning."""
    hours = world.routing.quiet_hours
    assert notice.due_at is not None
    if hours is None or notice.event_level not in hours.levels:
        return Verdict("pass", "level_never_waits")
    ends = quiet_until(hours, max(notice.due_at, world.now), ZoneInfo(world.routing.timezone))
    if ends is None:
        return Verdict("pass", "no_quiet_hours")
    notice.due_at = ends
    # its group must not hold others of it back until the morning
    notice.group_key += "|quiet"
    return Verdict("hold", "quiet_hours", {"until": ends.isoformat()})


def quiet_until(hours: QuietHours, at: datetime, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours that `at` falls into end; None when it falls into none."""
    local = at.astimezone(zone)
    over_midnight = hours.since > hours.until
    clock = local.time()
    inside = (clock >= hours.since or clock < hours.until) if over_midnight else (hours.since <= clock < hours.until)
    if not inside:
        return None
    day = local.date() + timedelta(days=1 if over_midnight and clock >= hours.since else 0)
    return datetime.combine(day, hours.until, tzinfo=zone)


def dedup(notice: Notice, world: World) -> Verdict:
    """What is over before anybody heard of it, or told already, is not told."""
    assert notice.route is not None
    level, event_id = world.told.get((notice.route.id, notice.alert["id"]), (None, 0))
    if notice.alert["status"] == "cleared" and level is None:
        return Verdict("stop", "over_before_told")
    if notice.event_id < event_id:
        # it waited for the morning, and something graver was told meanwhile
        return Verdict("stop", "told_since")
    if notice.change in ("released", "unsilenced") and level == notice.alert["level"]:
        return Verdict("stop", "told_already", {"level": level})
    return Verdict("pass", "news")


FIRST: tuple[tuple[str, Stage], ...] = (
    ("concern", concern),
    ("novelty", novelty),
    ("inhibit", inhibit),
    ("silence", silence),
)
ALONG: tuple[tuple[str, Stage], ...] = (("route", route), ("group", group), ("wait", wait), ("quiet", quiet))
LAST: tuple[tuple[str, Stage], ...] = (("inhibit", inhibit), ("silence", silence), ("dedup", dedup))


def pass_through(notice: Notice, stages: tuple[tuple[str, Stage], ...], world: World) -> bool:
    """Ask the stages in order until one stops it; says whether it came through."""
    for name, stage in stages:
        verdict = stage(notice, world)
        notice.decided(name, verdict, world.now)
        if verdict.word == "stop":
            return False
    return True
