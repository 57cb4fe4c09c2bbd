"""Commands as they are run: by the command line, in this process."""

import io
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass

import cli


@dataclass(frozen=True)
class Ended:
    """How a command ended and what it said."""

    exit_code: int
    stdout: str
    stderr: str


def run_command(*arguments: str) -> Ended:
    """Run one command line."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        code = cli.run(arguments)
    return Ended(code, out.getvalue(), err.getvalue())
