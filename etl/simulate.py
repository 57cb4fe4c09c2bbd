"""`fengqiao simulate`: report and lead on as other systems would, over the network, at the true pace or faster.

Nothing is written but through the open interface. A server that is away is waited for; what is sent twice is one report
and one step (same source key, same client key).
"""

import datetime as dt
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import httpx
import structlog
import typer

from etl.sample.story import ZONE, Step, Story
from gis.errors import BadInput, NotAllowed

log = structlog.get_logger()

# how long to wait for a server that is away, doubling [s]
_FIRST_WAIT_S, _LONGEST_WAIT_S = 0.5, 15.0
_DAYS_AHEAD = 3650


@dataclass
class Caller:
    """Sends calls and waits for a server that is away; counts what was sent and refused."""

    client: httpx.Client
    sleep: Callable[[float], None] = time.sleep
    sent: int = 0
    refused: int = 0
    identities: dict[tuple[str, str], int] = field(default_factory=dict)
    #: who leads on what was reported, where that is another than who reports
    handling_token: str = ""

    def report(self, subject: str, body: dict[str, object]) -> None:
        """Report an incident or a request and keep the id it got."""
        answer = self._call("POST", f"/api/{subject}", body)
        if answer is not None:
            self.identities[subject, str(body["source_key"])] = int(answer.json()["id"])

    def lead_on(self, step: Step) -> None:
        """Take one step of a report whose id is known; what is not known was never reported here."""
        identity = self.identities.get((step.subject, step.source_key))
        if identity is None:
            return
        body: dict[str, object] = {
            "to": step.to,
            "note": step.note,
            "client_key": f"sim-{step.subject}-{step.source_key}-{step.to}{step.turn if step.turn > 1 else ''}"[:64],
        }
        self._call("POST", f"/api/{step.subject}/{identity}/transitions", body, token=self.handling_token)
        if step.to in ("closed", "withdrawn"):
            self.identities.pop((step.subject, step.source_key), None)

    def learn_open(self, subject: str) -> None:
        """Learn the ids of what is open already, so that it can be led on."""
        after: str | None = None
        while True:
            query = f"/api/{subject}?status=open&limit=1000" + (f"&after={after}" if after else "")
            answer = self._call("GET", query, None)
            if answer is None:
                return
            page = answer.json()
            for event in page[subject]:
                self.identities[subject, event["source_key"]] = int(event["id"])
            after = page.get("next")
            if not after:
                return

    def _call(
        self, method: str, path: str, body: dict[str, object] | None, *, token: str = ""
    ) -> httpx.Response | None:
        wait_s = _FIRST_WAIT_S
        headers = bearer(token)
        while True:
            try:
                answer = self.client.request(method, path, json=body, headers=headers)
            except httpx.TransportError as problem:
                log.info("server away", reason=str(problem), wait_s=wait_s)
            else:
                if answer.status_code in (401, 403):
                    raise NotAllowed(
                        "{path} answered {status_code}; give the token printed by `make run`",
                        path=path,
                        status_code=answer.status_code,
                    )
                if answer.is_success:
                    self.sent += 1
                    return answer
                if answer.status_code < 500 and answer.status_code != 429:
                    self.refused += 1
                    log.warning("refused", path=path, status=answer.status_code, answer=answer.text[:200])
                    return None
                log.info("server not ready", status=answer.status_code, wait_s=wait_s)
            self.sleep(wait_s)
            wait_s = min(2 * wait_s, _LONGEST_WAIT_S)


def bearer(token: str) -> dict[str, str]:
    """The heading that a token goes in; none without a token."""
    return {"Authorization": f"Bearer {token}"} if token else {}


def run_steps(
    steps: Iterator[Step],
    story: Story,
    caller: Caller,
    *,
    start: dt.datetime,
    speed: float,
    monotonic: Callable[[], float] = time.monotonic,
    most: int | None = None,
) -> int:
    """Take steps as their time comes.

    Parameters
    ----------
    steps
        In order of time, from `start` on.
    story
        Knows what is reported.
    caller
        Sends; its `sleep` is used to wait.
    start
        The moment at which the run begins in the story's time.
    speed
        Story seconds per second; 1 is the true pace.
    monotonic
        Clock of the run [s].
    most
        Stop after so many steps; None for no end.

    Returns
    -------
    int
        Steps taken.
    """
    began, taken = monotonic(), 0
    for step in steps:
        ahead_s = (step.at - start).total_seconds() / speed - (monotonic() - began)
        if ahead_s > 0:
            caller.sleep(ahead_s)
        if step.to == "reported":
            caller.report(step.subject, story.report(step))
        else:
            caller.lead_on(step)
        taken += 1
        if most is not None and taken >= most:
            break
    return taken


def simulate(
    speed: Annotated[float, typer.Option(min=0.01, help="story seconds per second; 1 is the true pace")] = 1.0,
    url: Annotated[str, typer.Option(help="the server")] = "http://127.0.0.1:8050",
    token: Annotated[str, typer.Option(envvar="FENGQIAO_TOKEN", help="token that may write")] = "",
    handling_token: Annotated[
        str, typer.Option(envvar="FENGQIAO_HANDLING_TOKEN", help="token that may lead on; else the other one")
    ] = "",
    folder: Annotated[Path | None, typer.Option(help="the delivery that was loaded")] = None,
    seed: Annotated[int, typer.Option(help="seed, when no folder is given")] = 1,
    most: Annotated[int | None, typer.Option(help="stop after so many steps")] = None,
) -> None:
    """Report incidents and requests over the API and lead them on, as other systems would."""
    now = dt.datetime.now(ZONE)
    if folder is not None:
        story = Story.of_folder(folder)
    else:
        story = Story(seed=seed, scale=1.0, until=now.date() - dt.timedelta(1))
    if not url.startswith(("http://", "https://")):
        raise BadInput("--url is {url!r}; it must begin with http:// or https://", url=url)
    with httpx.Client(base_url=url, headers=bearer(token), timeout=30.0) as client:
        caller = Caller(client, handling_token=handling_token)
        for subject in ("incidents", "requests"):
            caller.learn_open(subject)
        steps = story.steps(now, _DAYS_AHEAD)
        try:
            run_steps(steps, story, caller, start=now, speed=speed, most=most)
        except KeyboardInterrupt:
            log.info("stopped", sent=caller.sent, refused=caller.refused)
