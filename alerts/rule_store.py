"""Rules as people keep them: every change is a new version with who, when and why; the newest one is in force.

A rule nobody has changed is the one the product ships (alerts/rules.yml); it needs no row.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from alerts.rules import Rule, Rules, check_rule, shipped_rules
from gis.database.statements import load_statements
from gis.errors import BadInput, NotAllowed, NotFound

SQL = load_statements("alerts", "rule_store")

#: who may change rules; the database holds the same
EDITORS = frozenset({"commander", "operator"})


@dataclass(frozen=True)
class KeptRule:
    """A rule with what is known of its newest version."""

    rule: Rule
    version: int
    enabled: bool
    #: None = as shipped
    changed_at: datetime | None
    changed_by: str
    why: str


def kept_rules(connection: Connection, *, subdistrict_code: str) -> list[KeptRule]:
    """Every rule, shipped or added, switched on or off, in the order of the shipped file and then of their ids."""
    rows = connection.execute(SQL["newest_versions"], {"subdistrict_code": subdistrict_code}).mappings()
    changed = {row["rule"]: kept(dict(row)) for row in rows}
    shipped = shipped_rules().rules
    known = {rule.id for rule in shipped}
    return [
        *(changed.get(rule.id) or as_shipped(rule) for rule in shipped),
        *(one for rule_id, one in changed.items() if rule_id not in known),
    ]


def rules_in_force(connection: Connection, *, subdistrict_code: str) -> Rules:
    """The rules that are switched on, each in its newest version."""
    return Rules(
        rules=tuple(one.rule for one in kept_rules(connection, subdistrict_code=subdistrict_code) if one.enabled)
    )


def kept_rule(connection: Connection, rule_id: str, *, subdistrict_code: str) -> KeptRule:
    """One rule by its id; raises NotFound."""
    for one in kept_rules(connection, subdistrict_code=subdistrict_code):
        if one.rule.id == rule_id:
            return one
    raise NotFound("there is no rule {rule_id!r}", rule_id=rule_id)


def versions_of(connection: Connection, rule_id: str, *, subdistrict_code: str) -> list[KeptRule]:
    """Every version of a rule, newest first; a shipped rule ends with the form it was shipped in."""
    asked = {"subdistrict_code": subdistrict_code, "rule": rule_id}
    rows = [kept(dict(row)) for row in connection.execute(SQL["versions_of"], asked).mappings()]
    return [*rows, *(as_shipped(rule) for rule in shipped_rules().rules if rule.id == rule_id)]


def save_rule(
    connection: Connection,
    rule: Rule,
    *,
    enabled: bool,
    subdistrict_code: str,
    role: str,
    by: str,
    why: str,
    now: datetime,
) -> int:
    """Keep a new version of a rule, and say so to the judge; returns its number.

    Parameters
    ----------
    role, by
        Role and post of who changes it.
    why
        A sentence for those who ask later.

    Raises
    ------
    NotAllowed
        If the role may not change rules.
    BadInput
        If no reason is given, or nothing would change.
    """
    if role not in EDITORS:
        raise NotAllowed("the role {role} may not change rules", role=role)
    if not why.strip():
        raise BadInput("say why the rule is changed; the sentence stays with the version")
    before = next(
        (one for one in kept_rules(connection, subdistrict_code=subdistrict_code) if one.rule.id == rule.id), None
    )
    if before and before.rule == rule and before.enabled == enabled:
        raise BadInput("rule {id} is like this already; nothing would change", id=rule.id)
    if before is None and rule.name is None:
        raise BadInput("rule {id} is new and needs a name in Chinese and English", id=rule.id)
    version = connection.scalar(
        SQL["add_version"],
        {
            "subdistrict_code": subdistrict_code,
            "rule": rule.id,
            "body": json.dumps(rule.model_dump(mode="json"), ensure_ascii=False),
            "enabled": enabled,
            "now": now,
            "by": by,
            "why": why.strip(),
        },
    )
    connection.execute(SQL["tell_rules"], {"rule": rule.id})
    return int(version)


def kept(row: Mapping[str, Any]) -> KeptRule:
    return KeptRule(
        rule=check_rule(row["body"]),
        version=row["version"],
        enabled=row["enabled"],
        changed_at=row["changed_at"],
        changed_by=row["changed_by"],
        why=row["why"],
    )


def as_shipped(rule: Rule) -> KeptRule:
    return KeptRule(rule=rule, version=0, enabled=True, changed_at=None, changed_by="", why="")
