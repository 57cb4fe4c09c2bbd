"""Ask an ASGI app without a server: as a browser would, with its cookies, or as another system would, with a token."""

import asyncio
from types import TracebackType
from typing import Any, Self

import httpx
from fastapi import FastAPI

ORIGIN = "http://fengqiao.test"
#: an address that is not this machine's (RFC 5737)
ELSEWHERE = ("192.0.2.7", 40_000)


class Browser:
    """Keeps cookies from answer to answer; follows no redirect. Changes carry the origin of the page they come from."""

    def __init__(self, app: FastAPI, *, client: tuple[str, int] = ELSEWHERE, origin: str | None = ORIGIN) -> None:
        self.runner = asyncio.Runner()
        # what is refused is said in English here; a session by cookie speaks its account's language
        headers = {"Accept-Language": "en"} | ({"Origin": origin} if origin else {})
        transport = httpx.ASGITransport(app=app, client=client)
        self.http = httpx.AsyncClient(transport=transport, base_url=ORIGIN, headers=headers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.runner.run(self.http.aclose())
        self.runner.close()

    def ask(self, method: str, path: str, *, token: str | None = None, **options: Any) -> httpx.Response:
        headers = {**options.pop("headers", {}), **({"Authorization": f"Bearer {token}"} if token else {})}
        return self.runner.run(self.http.request(method, path, headers=headers, **options))

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("GET", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("POST", path, **options)

    @property
    def cookies(self) -> httpx.Cookies:
        return self.http.cookies
