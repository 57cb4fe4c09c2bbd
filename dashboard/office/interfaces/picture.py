"""The register with everything it stands on: what was delivered and called, what rests on it, and how it stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from access.consumers import list_usage
from access.interfaces import list_interfaces
from access.webhooks import list_webhooks
from alerts.rule_store import rules_in_force
from alerts.rules import SilenceRule
from dashboard.dictionary.uses import Use, rests_on_feed, uses_by_table
from dashboard.figures.trace import is_late
from dashboard.office.page import Visit
from gis.database.statements import load_statements

STATEMENTS = load_statements("dashboard", "interfaces")


@dataclass(frozen=True)
class Standing:
    """One interface of the register as it stands."""

    row: Mapping[str, Any]
    #: kept, broken, late or untested
    state: str
    last_success: datetime | None
    failures: int
    #: rows, calls or messages of 30 days
    volume: int
    rests: tuple[Use, ...]

    @property
    def unit(self) -> str:
        """What its volume counts."""
        kind = self.row["key"].partition(":")[0]
        return {"feed": "rows", "hook": "messages"}.get(kind, "calls")


def standings(visit: Visit) -> list[Standing]:
    """Select every interface in force with how it stands, taken ones first."""
    with visit.services.asking(visit.session) as connection:
        interfaces = list_interfaces(connection)
        code = visit.session.subdistrict_code or ""
        feeds = {row.name: row for row in connection.execute(STATEMENTS["feeds"], {"code": code, "now": visit.now})}
        usage = list_usage(connection, days=30, now=visit.now)
        webhooks = {f"hook:{row['id']}": row for row in list_webhooks(connection)}
        rules = [
            rule for rule in rules_in_force(connection, subdistrict_code=code).rules if isinstance(rule, SilenceRule)
        ]
    uses = uses_by_table(interfaces, visit.texts)
    called = calls_by_interface(usage)
    found = []
    for row in interfaces:
        if row["feed"]:
            found.append(feed_standing(row, feeds.get(row["feed"]), rules, uses, now=visit.now))
        elif row["key"] in webhooks:
            found.append(hook_standing(row, webhooks[row["key"]]))
        else:
            found.append(call_standing(row, called))
    return found


def calls_by_interface(usage: Sequence[Mapping[str, Any]]) -> dict[tuple[int, str], tuple[int, int, datetime]]:
    """Calls, failures and last call of 30 days by consumer and resource."""
    found: dict[tuple[int, str], tuple[int, int, datetime]] = {}
    for row in usage:
        key = (row["consumer_id"], row["resource"])
        calls, failures, last = found.get(key, (0, 0, row["last_call_at"]))
        wrong = row["limited"] + row["denied"] + row["failed"]
        found[key] = (calls + row["calls"], failures + wrong, max(last, row["last_call_at"]))
    return found


def feed_standing(
    row: Mapping[str, Any], feed: Any, rules: Sequence[SilenceRule], uses: Mapping[str, Sequence[Use]], *, now: datetime
) -> Standing:
    """A feed: it is late as the rules of silent feeds have it, and fails by rows that were refused."""
    state = contract_state(row)
    newest = feed.newest_at if feed else None
    age_s = (now - newest).total_seconds() if newest else None
    if state != "broken" and is_late(rules, row["feed"], age_s, row["expected_every_s"]):
        state = "late"
    rests = tuple(rests_on_feed(row["feed"], row["table_name"], uses))
    refused, read, last = (feed.quarantined, feed.read, feed.last_batch_at) if feed else (0, 0, None)
    return Standing(row, state, last, refused + row["failures_30_days"], read, rests)


def call_standing(row: Mapping[str, Any], called: Mapping[tuple[int, str], tuple[int, int, datetime]]) -> Standing:
    """A call: what consumers made of it; of what is nobody's alone, the last test that passed."""
    calls, failures, last = called.get((row["consumer_id"] or 0, row["resource"] or ""), (0, 0, None))
    success = last or row["passed_at"]
    state = "kept" if row["direction"] == "taken" and calls else contract_state(row)
    return Standing(row, state, success, failures + row["failures_30_days"], calls, ())


def hook_standing(row: Mapping[str, Any], webhook: Mapping[str, Any]) -> Standing:
    """A webhook: what arrived and what died."""
    state = "broken" if webhook["dead"] else "kept" if webhook["delivered"] else "untested"
    return Standing(row, state, webhook["last_delivered_at"], webhook["dead"], webhook["delivered"], ())


def contract_state(row: Mapping[str, Any]) -> str:
    """How its contract stands."""
    if row["passed"] is None:
        return "untested"
    return "kept" if row["passed"] else "broken"
