"""`fengqiao assign`: split work grids among their workers; show who gains and loses what, then publish."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from casework.assignment import read_effort
from casework.assignment_store import (
    Plan,
    decide,
    make_plan,
    note_absence,
    publish_plan,
    withdraw_decision,
    worker_loads,
)
from gis.database.connection import running_database
from gis.database.migrate import upgrade
from gis.district import District, select_district
from gis.errors import BadInput, Conflict
from gis.settings import DatabaseSettings
from gis.texts import Texts, texts_in

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="Split work grids among their workers.")

#: rows of a table shown unless --all
ROWS_SHOWN = 20


@app.callback(invoke_without_command=True)
def assign(
    context: typer.Context,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show who gains and loses what; nothing is written (default).")
    ] = False,
    publish: Annotated[bool, typer.Option("--publish", help="Make it the assignment from now on.")] = False,
    expect: Annotated[str, typer.Option(help="Publish only if the plan is still the one with this digest.")] = "",
    seed: Annotated[int, typer.Option(help="Of the random trees.")] = 1,
    everything: Annotated[
        bool, typer.Option("--all", help="Show every worker and grid, not the first twenty.")
    ] = False,
    language: Annotated[str, typer.Option(help="zh or en; else the installation's")] = "",
) -> None:
    """Divide each third-level work grid's cells and buildings among its workers: contiguous, balanced, stable."""
    if context.invoked_subcommand:
        return
    if preview and publish:
        raise BadInput("--preview shows, --publish writes: give one of them")
    now, effort, texts = datetime.now(tz=UTC), read_effort(), texts_in(language)
    with running_database(DatabaseSettings()) as database:
        upgrade(database)
        with database.owner.begin() as connection:
            district = select_district(connection)
            plan = make_plan(connection, subdistrict_code=district.code, effort=effort, now=now, seed=seed)
            if expect and expect != plan.digest:
                raise Conflict(
                    "the plan is now {digest}, not {expect}: something changed since the preview",
                    digest=plan.digest,
                    expect=expect,
                )
            show(plan, texts, rows=None if everything else ROWS_SHOWN)
            if publish:
                plan_id = publish_plan(connection, plan, actor="assign", now=now)
                Console().print(texts("casework.published", plan_id=plan_id, digest=plan.digest))
            else:
                Console().print(texts("casework.previewed", digest=plan.digest))


@app.command("decide")
def decide_command(
    worker: Annotated[str, typer.Argument(help="Number of the worker, W001.")],
    building: Annotated[str, typer.Argument(help="Key of the building, C12-007.")],
    reason: Annotated[str, typer.Option(help="Why, in words; the worker reads it on the phone.")],
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Last day it holds; empty: until withdrawn.")
    ] = None,
) -> None:
    """Give a building and its cell to a worker, whatever the balance says; holds from the next --publish on."""
    now = datetime.now(tz=UTC)
    with running_database(DatabaseSettings()) as database, database.owner.begin() as connection:
        district = select_district(connection)
        end = after(until.date(), district) if until else None
        decision_id = decide(
            connection, subdistrict_code=district.code, worker=worker, building=building, reason=reason, actor="assign",
            now=now, until=end,
        )  # fmt: skip
    Console().print(texts_in("")("casework.decided", id=decision_id))


@app.command("withdraw")
def withdraw_command(decision: Annotated[int, typer.Argument(help="Number that `decide` printed.")]) -> None:
    """Withdraw a decision; the next --publish balances its ground again."""
    with running_database(DatabaseSettings()) as database, database.owner.begin() as connection:
        withdraw_decision(
            connection, decision, subdistrict_code=select_district(connection).code, now=datetime.now(tz=UTC)
        )


@app.command("absent")
def absent_command(
    worker: Annotated[str, typer.Argument(help="Number of the worker, W001.")],
    first: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="First day away.")],
    last: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="Last day away.")],
    cover: Annotated[
        str | None, typer.Option(help="Who takes all of it; empty: the others of the grid share it.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Shown to who covers.")] = "",
) -> None:
    """Note an absence; cover stands in the assignment from the next --publish on."""
    with running_database(DatabaseSettings()) as database, database.owner.begin() as connection:
        district = select_district(connection)
        absence_id = note_absence(
            connection, subdistrict_code=district.code, worker=worker, cover=cover, reason=reason, actor="assign",
            absent_from=after(first.date() - timedelta(days=1), district), absent_to=after(last.date(), district),
            now=datetime.now(tz=UTC),
        )  # fmt: skip
    Console().print(texts_in("")("casework.absence_noted", id=absence_id))


def after(day: date, district: District) -> datetime:
    """Return the first instant after a local day."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=district.zone)


def show(plan: Plan, texts: Texts, *, rows: int | None) -> None:
    """Print balance and changes as tables, and the summary."""
    console = Console()
    figures = plan.figures()
    names = plan.workers.set_index("worker_id")
    grids = plan.workers.drop_duplicates("work_grid_id").set_index("work_grid_id")["work_grid_name"]
    measures = ("load_min", "households", "visits", "incidents")
    table = Table(texts("casework.work_grid"), box=None, pad_edge=False)
    for heading in ("workers", *measures):
        table.add_column(texts(f"casework.{heading}"), justify="right")
    uneven = plan.balance.sort_values("load_min_max_over_mean", ascending=False)
    for grid, row in uneven.head(rows if rows is not None else len(uneven)).iterrows():
        ratios = [row[f"{name}_max_over_mean"] for name in measures]
        table.add_row(
            str(grids.get(grid, grid)),
            str(int(row["workers"])),
            *(f"{ratio:.3f}" if ratio == ratio else "–" for ratio in ratios),
        )
    console.print(texts("casework.balance_title"), table, "", sep="\n")
    moves = Table(texts("casework.worker"), texts("casework.work_grid"), box=None, pad_edge=False)
    for heading in ("cells_gained", "cells_lost", "households_gained", "households_lost"):
        moves.add_column(texts(f"casework.{heading}"), justify="right")
    known = plan.changes.join(names[["number", "work_grid_name"]], on="worker_id", how="inner")
    columns = ["number", "work_grid_name", "cells_gained", "cells_lost", "households_gained", "households_lost"]
    for change in known[columns].head(rows if rows is not None else len(known)).itertuples(index=False):
        moves.add_row(*(str(value) for value in change))
    console.print(texts("casework.changes_title", count=len(plan.changes)), moves, "", sep="\n")
    loads = worker_loads(plan, read_effort())["load_min"]
    even = figures["max_over_mean"]["load_min"] or ["–", "–"]
    values = {name: figures[name] for name in ("work_grids", "workers", "buildings", "pieces", "households")} | {
        "unassigned": figures["unassigned_pieces"],
        "moved": figures["moved_households"],
        "mean_ratio": even[0],
        "worst_ratio": even[1],
        "overall": f"{loads.max() / loads.mean():.3f}" if len(loads) else "–",
        "covered": len(plan.cover),
    }
    console.print(texts("casework.summary", **values))
