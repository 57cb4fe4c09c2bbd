"""The help of commands: everything it says has its Chinese, and nothing in the list is out of use."""

import re

import pytest
import typer

import cli
from gis.command_help import PANELS, parts_of, told_in
from gis.sentences import chinese_of

HAN = re.compile(r"[\u4e00-\u9fff]")


def command(name):
    return typer.main.get_command(cli.find_command(name))


def said():
    helps = {what for _, what in cli.COMMANDS.values()} | set(PANELS.values())
    return helps | {part.help for name in cli.COMMANDS for part in parts_of(command(name)) if part.help}


def test_every_help_has_its_chinese_and_no_other():
    assert said() == set(chinese_of("gis", "commands.yml"))
    # lists of headings are the same in every language, but say what they are
    assert [zh for zh in chinese_of("gis", "commands.yml").values() if not HAN.search(zh)] == []


@pytest.mark.parametrize(("language", "words"), [("zh", "把月度地图报告写成"), ("en", "Write the monthly map report")])
def test_help_is_told_in_the_language(capsys, monkeypatch, language, words):
    monkeypatch.setenv("FENGQIAO_LANGUAGE", language)

    assert cli.run(["report", "--help"]) == 0
    assert words in capsys.readouterr().out


def test_telling_english_changes_nothing():
    before = [part.help for part in parts_of(command("load"))]

    assert [part.help for part in parts_of(told_in(command("load"), "en"))] == before
