"""The page of rules: in words, changed with a reason as a new version, switched, tried; every write is in the audit."""

from contextlib import contextmanager

import pytest
from sqlalchemy import text

from alerts.rule_store import kept_rule, rules_in_force, save_rule, versions_of
from alerts.rules import parse_rule, rule_text, shipped_rules
from dashboard.office.rules.callbacks import TEMPLATE, saved, tried
from dashboard.office.rules.layout import chosen, layout, trial_of
from dashboard.office.rules.words import level_words, rule_words
from gis.errors import NotAllowed
from gis.texts import texts_in
from tests.visiting import visit_of
from tests.world import CODE

pytestmark = pytest.mark.database


@pytest.fixture
def operator(world):
    """An operator's visit; rules and trials of the test go again."""
    yield visit_of(world, "operator", "operator")
    with world.database.owner.begin() as connection:
        connection.execute(text("DELETE FROM alerting.rule_trial"))
        connection.execute(text("DELETE FROM alerting.rule_version"))


@contextmanager
def owner(world):
    with world.database.owner.begin() as connection:
        yield connection


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_shipped_rule_is_said_in_words(language):
    texts = texts_in(language)

    for rule in shipped_rules().rules:
        assert rule_words(rule, texts)
        assert len(level_words(rule, texts)) == len(rule.levels)


def test_the_words_say_what_is_counted_where_and_when():
    rule = next(rule for rule in shipped_rules().rules if rule.id == "dispute_surge")

    assert rule_words(rule, texts_in("zh")) == (
        "同一小区 24小时内的事件（治安稳定、社情民意），与前8周同一时段均值相比"
    )
    assert level_words(rule, texts_in("zh"))[-1] == (4, "不少于 6 件，且达到平时的 3 倍")


def test_a_changed_rule_is_a_new_version_in_force_with_who_and_why(world, operator):
    text_before = chosen(operator, "dispute_surge").text
    changed = text_before.replace("at_least: 6", "at_least: 7")
    assert changed != text_before

    notices, rows, *_ = saved(operator, changed, "试算后每周18次，太多", switch=False)

    assert "第 1 版" in notices[0]["message"]
    assert next(row for row in rows if row["id"] == "dispute_surge")["version"] == 1
    with owner(world) as connection:
        rule = next(one for one in rules_in_force(connection, subdistrict_code=CODE).rules if one.id == "dispute_surge")
        versions = versions_of(connection, "dispute_surge", subdistrict_code=CODE)
        audited = connection.scalar(
            text("SELECT actor FROM access.audit WHERE table_name = 'alerting.rule_version' ORDER BY id DESC LIMIT 1")
        )
    assert min(rung.at_least for rung in rule.levels) == 7
    assert [(one.version, one.changed_by, one.why) for one in versions] == [
        (1, "post of operator", "试算后每周18次，太多"),
        (0, "", ""),
    ]
    assert audited == "operator"


def test_a_rule_is_switched_off_and_a_new_one_is_off_until_it_is_switched_on(world, operator):
    saved(operator, chosen(operator, "dispute_surge").text, "暂停", switch=True)
    saved(operator, TEMPLATE, "新规则", switch=False)

    with owner(world) as connection:
        in_force = {rule.id for rule in rules_in_force(connection, subdistrict_code=CODE).rules}
        assert "dispute_surge" not in in_force
        assert "my_rule" not in in_force
        assert kept_rule(connection, "my_rule", subdistrict_code=CODE).rule.name.zh == "规则名称"
    saved(operator, TEMPLATE, "试算后启用", switch=True)
    with owner(world) as connection:
        assert "my_rule" in {rule.id for rule in rules_in_force(connection, subdistrict_code=CODE).rules}


@pytest.mark.parametrize(
    ("edit", "why", "said"),
    [
        (lambda text: text, "因为", "没有可修改的内容"),
        (lambda text: text.replace("at_least: 6", "at_least: 7"), "  ", "请写明修改原因"),
        (lambda text: text.replace("window_h: 24", "window_h: 0"), "因为", "window_h"),
        (lambda text: text.replace("dispute_surge", "another_one"), "因为", "须有中文和英文名称"),
    ],
)
def test_what_cannot_be_saved_is_said_and_nothing_is_kept(world, operator, edit, why, said):
    notices, *_ = saved(operator, edit(chosen(operator, "dispute_surge").text), why, switch=False)

    assert said in notices[0]["message"]
    with owner(world) as connection:
        assert connection.scalar(text("SELECT count(*) FROM alerting.rule_version")) == 0


def test_who_may_not_change_rules_is_refused_by_the_code_and_by_the_database(world, operator):
    duty = visit_of(world, "duty", "duty_officer")
    rule = parse_rule(rule_text(shipped_rules().rules[0]).replace("at_least: 6", "at_least: 7"))
    kept = {"enabled": True, "subdistrict_code": CODE, "by": "x", "why": "y", "now": duty.now}

    with duty.services.asking(duty.session) as connection, pytest.raises(NotAllowed):
        save_rule(connection, rule, role="duty_officer", **kept)
    with pytest.raises(Exception, match="row-level security"), duty.services.asking(duty.session) as connection:
        save_rule(connection, rule, role="operator", **kept)
    assert "rules-save" not in str(layout(duty))
    assert "rules-save" in str(layout(operator))


def test_a_trial_is_asked_for_and_waited_for(world, operator):
    rule = chosen(operator, "dispute_surge").text

    _, stopped, _ = tried(operator, rule, 13)
    view, done = trial_of(operator, rule)
    wrong, *_ = tried(operator, "kind: nothing", 13)

    assert stopped is False
    assert done is False
    assert "正在试算" in str(view)
    assert "已判 0%" in str(view)
    assert "不是规则" in wrong[0]["message"]
