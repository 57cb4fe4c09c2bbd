"""Fetch what another system offers over HTTP: page by page, and only when it changed since the last time.

What is fetched is written to one file that the feed's reader reads; nothing here knows a database.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urljoin, urlsplit

import httpx
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from etl.readers.wrapping import refuse_constant, rows_in
from gis.errors import BadInput, Unavailable
from gis.sentences import Sentence
from gis.validation import faults_of

#: of all pages of one pull together [bytes]
MOST_BYTES = 512 << 20
#: an answer is waited for this long [s]
TIMEOUT_S = 30.0
#: files whose pages can be put together
PAGED = (".json", ".geojson", ".jsonl", ".ndjson")


class Paging(BaseModel):
    """How one page leads to the next."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    #: page: numbers of pages; offset: numbers of rows; cursor: what the answer says; link: its header Link
    kind: Literal["page", "offset", "cursor", "link"]
    #: parameter of the address that takes page, offset or cursor
    parameter: str = ""
    first: int = 1
    #: parameter that takes the rows wanted per page, and how many
    size_parameter: str = ""
    size: int | None = Field(default=None, gt=0)
    #: where the answer says the next cursor: `data.next`
    next: str = ""
    most_pages: int = Field(default=1_000, gt=0, le=100_000)

    @model_validator(mode="after")
    def is_whole(self) -> Self:
        if self.kind != "link" and not self.parameter:
            raise BadInput("paging by {kind} needs parameter", kind=self.kind)
        if self.kind == "cursor" and not self.next:
            raise BadInput("paging by cursor needs next, the way to it in the answer: data.next")
        if self.kind == "offset" and not self.size:
            raise BadInput("paging by offset needs size")
        return self


class Pull(BaseModel):
    """What `pull:` of an entry says."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, Field(pattern=r"^https?://[^/\s]+(/\S*)?$")]
    every_s: int = Field(default=3_600, ge=30)
    parameters: Mapping[str, str] = {}
    headers: Mapping[str, str] = {}
    #: setting that holds the secret, and the header it goes into: never the secret itself
    secret_setting: Annotated[str, Field(pattern=r"^(FENGQIAO_PULL_[A-Z0-9_]+)?$")] = ""
    secret_header: str = "Authorization"
    secret_form: str = "Bearer {}"
    paging: Paging | None = None


@dataclass(frozen=True)
class Mark:
    """What an answer was known by, so that the same one is not sent again."""

    etag: str | None = None
    last_modified: str | None = None


class TryLater(Unavailable):
    """The other system asks for a pause."""

    def __init__(self, sentence: Sentence, *, until: datetime) -> None:
        super().__init__(sentence)
        self.until = until


Client = Callable[[], httpx.Client]


def http_client() -> httpx.Client:
    """The client pulls are made with; it follows no redirection, since a secret may go with the question."""
    return httpx.Client(timeout=TIMEOUT_S, headers={"User-Agent": "fengqiao"})


def parse_pull(stated: Any) -> Pull:
    """Read `pull:` of an entry.

    Raises
    ------
    BadInput
        With every fault.
    """
    try:
        return Pull.model_validate(stated)
    except ValidationError as fault:
        raise BadInput("{place}: {what}", place="pull", what=faults_of(fault.errors())) from fault


def fetch(pull: Pull, path: Path, *, mark: Mark, now: datetime, client: Client = http_client) -> Mark | None:
    """Fetch all pages into `path`, which changes only when everything has come.

    Parameters
    ----------
    mark
        Of the last answer that was taken.

    Returns
    -------
    mark
        Of this answer; None when nothing changed.

    Raises
    ------
    Unavailable
        If the other system does not answer, or answers with a fault.
    BadInput
        If what it answers is no page.
    """
    if pull.paging and path.suffix.lower() not in PAGED:
        raise BadInput("{name}: pages are put together for {endings} files alone", name=path.name, endings=PAGED)
    fresh = path.with_suffix(f".fresh{path.suffix}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with client() as http:
            found = first_answer(http, pull, mark, now)
            if found is None:
                return None
            if pull.paging is None:
                fresh.write_bytes(found.content)
            else:
                write_rows(fresh, list(all_rows(http, pull, pull.paging, found, now)))
    except httpx.HTTPError as fault:
        raise Unavailable(
            "{host} does not answer ({kind}: {fault})",
            host=host(pull.url),
            kind=type(fault).__name__,
            fault=str(fault)[:120],
        ) from fault
    fresh.replace(path)
    return Mark(found.headers.get("ETag"), found.headers.get("Last-Modified"))


def first_answer(http: httpx.Client, pull: Pull, mark: Mark, now: datetime) -> httpx.Response | None:
    """The first page, asked for conditionally; None when it is the same as last time."""
    conditions = {"If-None-Match": mark.etag, "If-Modified-Since": mark.last_modified}
    headers = {name: value for name, value in conditions.items() if value}
    paging = pull.paging
    parameters: dict[str, str] = {}
    if paging and paging.kind in ("page", "offset"):
        parameters[paging.parameter] = str(paging.first if paging.kind == "page" else 0)
    answer = ask(http, pull, pull.url, parameters, headers, now)
    return None if answer.status_code == httpx.codes.NOT_MODIFIED else answer


def ask(
    http: httpx.Client, pull: Pull, url: str, parameters: Mapping[str, str], headers: Mapping[str, str], now: datetime
) -> httpx.Response:
    """Ask for one page; more than `MOST_BYTES` is not listened to."""
    sizes = {pull.paging.size_parameter: str(pull.paging.size)} if pull.paging and pull.paging.size_parameter else {}
    query = {**dict(httpx.URL(url).params), **pull.parameters, **sizes, **parameters}
    secret = os.environ.get(pull.secret_setting, "") if pull.secret_setting else ""
    if pull.secret_setting and not secret:
        raise Unavailable(
            "{host} wants a secret; put it into the setting {setting}",
            host=host(url),
            setting=pull.secret_setting,
        )
    sent = {**pull.headers, **headers, **({pull.secret_header: pull.secret_form.format(secret)} if secret else {})}
    with http.stream("GET", url, params=query, headers=sent) as answer:
        if answer.status_code in (429, 503) and (until := pause(answer, now)):
            asks = Sentence("{host} asks for a pause until {until:%H:%M:%S} UTC", host=host(url), until=until)
            raise TryLater(asks, until=until)
        if answer.status_code not in (200, 304):
            raise Unavailable(
                "{host} answers {status_code} {reason}",
                host=host(url),
                status_code=answer.status_code,
                reason=answer.reason_phrase,
            )
        content = bytearray()
        for piece in answer.iter_bytes(1 << 20):
            content += piece
            if len(content) > MOST_BYTES:
                raise BadInput(
                    "{host} sends more than {most} MiB; ask for pages",
                    host=host(url),
                    most=MOST_BYTES >> 20,
                )
    return httpx.Response(
        answer.status_code,
        headers={name: answer.headers[name] for name in ("ETag", "Last-Modified", "Link") if name in answer.headers},
        content=bytes(content),
        request=answer.request,
    )


def pause(answer: httpx.Response, now: datetime) -> datetime | None:
    """When Retry-After says to come again, in seconds or as a date; at most a day."""
    said = answer.headers.get("Retry-After", "")
    try:
        seconds = float(said) if said.isdigit() else (parsedate_to_datetime(said) - now).total_seconds()
    except (ValueError, TypeError):
        return None
    return datetime.fromtimestamp(now.timestamp() + min(max(seconds, 1.0), 86_400.0), tz=UTC)


def all_rows(
    http: httpx.Client, pull: Pull, paging: Paging, answer: httpx.Response, now: datetime
) -> Iterator[Mapping[str, Any]]:
    """The rows of this page and of those after it."""
    total = 0
    before: bytes | None = None
    for number in range(1, paging.most_pages + 1):
        content = page_of(answer, pull)
        rows = rows_in(content)
        if rows is None:
            raise BadInput("{host}, page {page}: no list of rows", host=host(pull.url), page=number)
        if answer.content == before and rows:
            raise BadInput(
                "{host}: page {page} is page {before} again; check paging",
                host=host(pull.url),
                page=number,
                before=number - 1,
            )
        yield from rows
        total += len(answer.content)
        if total > MOST_BYTES:
            raise BadInput(
                "{host} sends more than {most} MiB; ask for less",
                host=host(pull.url),
                most=MOST_BYTES >> 20,
            )
        before = answer.content
        following = next_page(paging, content, len(rows), number, answer)
        if following is None:
            return
        url, parameters = following
        answer = ask(http, pull, url or pull.url, parameters, {}, now)
    raise BadInput("{host} has more than {most} pages; check paging", host=host(pull.url), most=paging.most_pages)


def page_of(answer: httpx.Response, pull: Pull) -> Any:
    try:
        return json.loads(answer.content, parse_constant=refuse_constant)
    except (ValueError, RecursionError) as fault:
        raise BadInput("{host} answers no JSON ({fault})", host=host(pull.url), fault=str(fault)[:80]) from fault


def next_page(
    paging: Paging, content: Any, rows: int, number: int, answer: httpx.Response
) -> tuple[str, dict[str, str]] | None:
    """Where the next page is: an address (empty = the same) and parameters; None after the last one."""
    if paging.kind == "link":
        link = answer.links.get("next", {}).get("url")
        if not link:
            return None
        url = urljoin(str(answer.request.url), link)
        if urlsplit(url).netloc != answer.request.url.netloc.decode():
            raise BadInput("the next page lies at another place, {host}; its address is not followed", host=host(url))
        return url, {}
    if paging.kind == "cursor":
        found = content
        for key in paging.next.split("."):
            found = found.get(key) if isinstance(found, dict) else None
        return None if found in (None, "", False) else ("", {paging.parameter: str(found)})
    if rows == 0 or (paging.size and rows < paging.size):
        return None
    following = paging.first + number if paging.kind == "page" else number * (paging.size or rows)
    return "", {paging.parameter: str(following)}


def write_rows(path: Path, rows: list[Mapping[str, Any]]) -> None:
    """Write rows of all pages as one file of its kind."""
    if path.suffix.lower() in (".jsonl", ".ndjson"):
        path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    elif path.suffix.lower() == ".geojson":
        content = {"type": "FeatureCollection", "features": rows}
        path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    else:
        path.write_text(json.dumps(rows, ensure_ascii=False), encoding="utf-8")


def host(url: str) -> str:
    """Whom an address asks; what else it says may be a secret."""
    return urlsplit(url).netloc
