"""What is wrong with a command line, in one sentence: typer says it in English, over several lines."""

from typing import Any

import typer
from typer._click.exceptions import ClickException, MissingParameter, NoArgsIsHelpError, NoSuchOption

from gis.sentences import Sentence

#: what typer raises when a command line does not fit its command
CommandLineFault = ClickException
#: nothing was asked of a group of commands; typer has shown its help
NoCommand = NoArgsIsHelpError


def sentence_of(fault: ClickException, command: str) -> Sentence:
    """Say what a command line lacks or holds; `command` is how it was called."""
    return Sentence("{what}; {command} --help tells more", what=what_of(fault), command=command)


def what_of(fault: Any) -> Sentence:
    """Say what does not fit."""
    if isinstance(fault, NoSuchOption):
        return Sentence("there is no option {option}", option=fault.option_name)
    if isinstance(fault, MissingParameter):
        return Sentence("{part} is missing", part=part_of(fault))
    if isinstance(fault, typer.BadParameter):
        return Sentence("{part} does not fit ({reason})", part=part_of(fault), reason=fault.message.rstrip("."))
    return Sentence("the command line does not fit ({reason})", reason=fault.format_message().rstrip("."))


def part_of(fault: Any) -> str:
    """Return what the help calls the option or the argument."""
    hint = fault.param_hint or (fault.param.get_error_hint() if fault.param else "")
    return (" / ".join(hint) if isinstance(hint, list | tuple) else str(hint)).replace("'", "")
