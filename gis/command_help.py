"""The help of commands in the reader's language: typer takes it, in English, from docstrings and options."""

from collections.abc import Iterator
from typing import Any

from typer import rich_utils

from gis.sentences import chinese_of

#: typer's headings, by the name of their setting
PANELS = {
    "ARGUMENTS_PANEL_TITLE": "Arguments",
    "OPTIONS_PANEL_TITLE": "Options",
    "COMMANDS_PANEL_TITLE": "Commands",
}


def told(help_text: str, language: str) -> str:
    """Return one help text in `language`."""
    return chinese_of("gis", "commands.yml").get(help_text, help_text) if language == "zh" else help_text


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
