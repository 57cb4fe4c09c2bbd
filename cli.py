"""The command `fengqiao`: composes every package's commands; our errors become one sentence and an exit code."""

import typer

app = typer.Typer(name="fengqiao", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
