"""Rules: checked whole at load; the gravest level that holds counts."""

import pytest

from alerts.rules import KINDS, CountRule, parse_rule, parse_rules, rule_text, shipped_rules
from gis.errors import BadInput

ONE = """
rules:
  - id: noise
    kind: threshold
    counts: incident
    where: {{category: [城市管理]}}
    unit: compound
    window_h: 24
    floor: 0.5
    levels: {levels}
    clear_after_h: 6
"""


def test_shipped_rules_hold_together_and_cover_cells_compounds_and_communities():
    rules = shipped_rules()

    counting = [rule for rule in rules.rules if isinstance(rule, CountRule)]
    assert {rule.unit for rule in counting} == {"cell", "compound", "community"}
    assert {rule.kind for rule in rules.rules} == set(KINDS)


def test_gravest_level_that_holds_counts():
    levels = "[{level: 4, at_least: 4, times: 3}, {level: 2, at_least: 9, times: 5}]"
    rule = parse_rules(ONE.format(levels=levels)).rules[0]

    assert rule.level_for(3, 0.1) is None  # under at_least
    assert rule.level_for(4, 1.5) is None  # 4 < 3 x 1.5
    assert rule.level_for(4, 1.0) == 4
    assert rule.level_for(9, 2.0) == 4  # 9 < 5 x 2
    assert rule.level_for(9, 1.8) == 2  # 9 = 5 x 1.8


def test_expectation_is_never_taken_below_the_floor():
    rule = parse_rules(ONE.format(levels="[{level: 4, at_least: 1, times: 4}]")).rules[0]

    assert rule.level_for(1, 0.0) is None  # 1 < 4 x 0.5
    assert rule.level_for(2, 0.0) == 4


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("rules: [", "not YAML"),
        ("rules: []\nwhat: 1", "what"),
        (ONE.format(levels="[]"), "levels"),
        (ONE.format(levels="[{level: 5, at_least: 1, times: 1}]"), "level: must be at most 4"),
        (ONE.format(levels="[{level: 4, at_least: 9, times: 1}, {level: 3, at_least: 4, times: 1}]"), "asks for less"),
        (ONE.format(levels="[{level: 4, at_least: 9, times: 1}, {level: 4, at_least: 9, times: 1}]"), "given twice"),
    ],
)
def test_what_is_no_rule_is_refused_in_a_sentence(text, said):
    with pytest.raises(BadInput, match=said):
        parse_rules(text)


@pytest.mark.parametrize("rule", shipped_rules().rules, ids=lambda rule: rule.id)
def test_a_rule_written_down_reads_back_as_it_was(rule):
    assert parse_rule(rule_text(rule)) == rule


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("- a list", "a list of named settings"),
        ("id: x1\nkind: magic", "kind"),
        (
            "id: x1\nkind: cluster\ncounts: incident\nmethod: surge\nlevels: [{level: 4, at_least: 2, once_in_days: 0}]",
            "once_in_days",
        ),
        (
            "id: x1\nkind: cluster\ncounts: incident\nmethod: surge\nwhere: {open: true}\n"
            "levels: [{level: 4, at_least: 2, once_in_days: 9}]",
            "no history to compare",
        ),
        (
            "id: x1\nkind: rate\ncounts: service_request\nwhere: {category: [a]}\nunit: cell\nwindow_h: 24\nper: residents\n"
            "levels: [{level: 4, at_least: 2, per_1000: 1}]",
            "has no category",
        ),
        ("id: x1\nkind: risk\nlevels: [{level: 4, probability: 0.5}, {level: 3, probability: 0.2}]", "asks for less"),
    ],
)
def test_a_rule_of_a_form_is_refused_in_a_sentence(text, said):
    with pytest.raises(BadInput, match=said):
        parse_rule(text)
