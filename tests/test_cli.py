"""The command line: every command helps, and what is wrong is one sentence and an exit code."""

import re
from pathlib import Path

import pytest

import cli


@pytest.mark.parametrize("name", tuple(cli.COMMANDS))
def test_every_command_explains_itself(name, capsys):
    assert cli.run([name, "--help"]) == 0
    assert "Usage" in capsys.readouterr().out


def test_an_unknown_command_names_those_there_are(capsys):
    assert cli.run(["fly"]) == 2
    assert "没有命令“fly”；现有：up、run、" in capsys.readouterr().err


def test_no_command_prints_the_list(capsys):
    assert cli.run([]) == 2
    assert "simulate" in capsys.readouterr().out


def test_an_error_of_ours_is_one_sentence_on_stderr(capsys, tmp_path):
    assert cli.run(["restore", str(tmp_path / "gone")]) == 1
    said = capsys.readouterr()
    assert said.err == f"fengqiao: {tmp_path / 'gone'}：文件不存在\n"
    assert said.out == ""


@pytest.mark.parametrize("url", ["rubbish", "mysql://somebody:hidden@127.0.0.1/x"])
def test_an_address_of_no_postgresql_is_said_without_its_password(url, capsys, tmp_path, monkeypatch):
    monkeypatch.setenv("FENGQIAO_DATABASE_URL", url)
    monkeypatch.setenv("FENGQIAO_VAR_DIR", str(tmp_path))

    assert cli.run(["load", str(tmp_path)]) == 1
    said = capsys.readouterr().err
    assert said == ("fengqiao: FENGQIAO_DATABASE_URL 不是 PostgreSQL 地址：postgresql://用户:密码@主机/库名\n")


def test_a_place_that_cannot_be_written_is_one_sentence(capsys):
    assert cli.run(["sample", "/proc/x", "--scale", "0.001"]) == 1
    assert capsys.readouterr().err.startswith("fengqiao: /proc/x 处无法存放")


def test_nobody_imports_the_composition():
    imports = re.compile(r"^\s*(import cli\b|from cli\b)", re.MULTILINE)
    packages = ("gis", "access", "etl", "layers", "casework", "alerts", "dashboard")
    root = Path(cli.__file__).parent

    guilty = [
        path
        for package in packages
        for path in (root / package).rglob("*.py")
        if imports.search(path.read_text("utf-8"))
    ]

    assert not guilty


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["load"], "缺少 PATH…"),
        (["load", "--nope", "x"], "没有选项 --nope"),
        (["report", "--month"], "命令行不合要求"),
        (["sample", "x", "--scale", "much"], "--scale 不合要求"),
        (["users", "fly"], "命令行不合要求"),
    ],
)
def test_a_command_line_that_does_not_fit_is_one_sentence(capsys, line, said):
    assert cli.run(line) == 2

    (sentence,) = capsys.readouterr().err.splitlines()
    assert sentence.startswith(f"fengqiao: {said}")
    assert sentence.endswith(f"；用法见 fengqiao {line[0]} --help")


def test_a_group_without_a_command_shows_its_help(capsys):
    assert cli.run(["users"]) == 2

    told = capsys.readouterr()
    assert "显示全部账号" in told.out + told.err
