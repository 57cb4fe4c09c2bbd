"""The help of commands in the reader's language: typer takes it, in English, from docstrings and options."""

from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import Any

import yaml
from typer import rich_utils

#: typer's headings, by the name of their setting
PANELS = {
    "ARGUMENTS_PANEL_TITLE": "Arguments",
    "OPTIONS_PANEL_TITLE": "Options",
    "COMMANDS_PANEL_TITLE": "Commands",
}


@lru_cache(maxsize=1)
def chinese_help() -> dict[str, str]:
    """Return what helps say: English as the code has it, and its Chinese."""
    read: dict[str, str] = yaml.safe_load(files("gis").joinpath("commands.yml").read_text(encoding="utf-8"))
    return read


def told(help_text: str, language: str) -> str:
    """Return one help text in `language`."""
    return chinese_help().get(help_text, help_text) if language == "zh" else help_text


def told_in(command: Any, language: str) -> Any:
    """Return a command as typer made it with its help, and that of all below it, in `language`."""
    for part in parts_of(command):
        if part.help:
            part.help = told(part.help, language)
    for setting, title in PANELS.items():
        setattr(rich_utils, setting, told(title, language))
    return command


def parts_of(command: Any) -> Iterator[Any]:
    """Yield the command, its options and arguments, and everything below it."""
    yield command
    yield from (part for part in command.params if hasattr(part, "help"))
    for below in getattr(command, "commands", {}).values():
        yield from parts_of(below)
