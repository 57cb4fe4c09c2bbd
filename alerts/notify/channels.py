"""How each channel says it: bodies of WeCom, DingTalk and Feishu robots, a generic webhook, an e-mail.

Bodies are pure; a sender signs and sends when the message goes out, since signatures carry the time. The formats are
those of the vendors' robot documentation (企业微信群机器人, 钉钉自定义机器人, 飞书自定义机器人), as published in 2025.
"""

import base64
import hashlib
import hmac
import json
import smtplib
import ssl
from collections.abc import Callable, Mapping
from datetime import datetime
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlencode

import httpx

from access.outbox import Message, Sender, Sent
from alerts.notify.routing import HTTP_CHANNELS, Route, Routing
from gis.sentences import Sentence
from gis.texts import spoken

TIMEOUT_S = 10.0
#: WeCom takes at most so many bytes of markdown
WECOM_BYTES = 4096
#: answers after which asking again is useless, unless they are about the pace
GONE = frozenset({400, 401, 403, 404, 405, 410, 413, 415, 422})


def webhook_body(payload: Mapping[str, Any], key: str) -> dict[str, Any]:
    """The generic webhook: everything, with the key by which a receiver knows it again."""
    return {"idempotency_key": key, **payload}


def wecom_body(payload: Mapping[str, Any]) -> dict[str, Any]:
    """企业微信群机器人: markdown, cut to its limit at a line."""
    lines = [f"**{payload['title']}**", *(f"> {line}" for line in payload["text"].splitlines())]
    while len("\n".join(lines).encode()) > WECOM_BYTES and len(lines) > 1:
        lines.pop()
    return {"msgtype": "markdown", "markdown": {"content": "\n".join(lines)}}


def dingtalk_body(payload: Mapping[str, Any]) -> dict[str, Any]:
    """钉钉自定义机器人: markdown."""
    text = "\n\n".join([f"### {payload['title']}", *(f"- {line}" for line in payload["text"].splitlines())])
    return {"msgtype": "markdown", "markdown": {"title": payload["title"], "text": text}}


def dingtalk_query(secret: str, now: datetime) -> str:
    """DingTalk's signature: HMAC-SHA256 of "timestamp[ms]\\nsecret" under the secret, in base64, in the query."""
    stamp = str(round(now.timestamp() * 1000))
    digest = hmac.new(secret.encode(), f"{stamp}\n{secret}".encode(), hashlib.sha256).digest()
    return urlencode({"timestamp": stamp, "sign": base64.b64encode(digest).decode()})


def feishu_body(payload: Mapping[str, Any]) -> dict[str, Any]:
    """飞书自定义机器人: a post with a title."""
    content = [[{"tag": "text", "text": line}] for line in payload["text"].splitlines()]
    return {"msg_type": "post", "content": {"post": {"zh_cn": {"title": payload["title"], "content": content}}}}


def feishu_signature(secret: str, now: datetime) -> dict[str, str]:
    """Feishu's signature: HMAC-SHA256 of nothing under "timestamp[s]\\nsecret", in base64, in the body."""
    stamp = str(round(now.timestamp()))
    digest = hmac.new(f"{stamp}\n{secret}".encode(), b"", hashlib.sha256).digest()
    return {"timestamp": stamp, "sign": base64.b64encode(digest).decode()}


def webhook_signature(secret: str, body: bytes) -> str:
    """The generic webhook's signature over its body, in the header X-Fengqiao-Signature."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def request_of(route: Route, message: Message, now: datetime) -> httpx.Request:
    """What is sent over HTTP for a message, signed for this moment."""
    assert route.url is not None
    url, secret = route.url.get_secret_value(), route.secret.get_secret_value() if route.secret else None
    headers = {"Content-Type": "application/json", "Idempotency-Key": message.idempotency_key}
    if route.channel == "wecom":
        body = wecom_body(message.payload)
    elif route.channel == "dingtalk":
        body = dingtalk_body(message.payload)
        if secret:
            url += ("&" if "?" in url else "?") + dingtalk_query(secret, now)
    elif route.channel == "feishu":
        body = feishu_body(message.payload) | (feishu_signature(secret, now) if secret else {})
    else:
        body = webhook_body(message.payload, message.idempotency_key)
    content = json.dumps(body, ensure_ascii=False).encode()
    if route.channel == "webhook" and secret:
        headers["X-Fengqiao-Signature"] = webhook_signature(secret, content)
    return httpx.Request("POST", url, content=content, headers=headers)


def answered(channel: str, response: httpx.Response) -> Sent:
    """Read an answer: robots say 200 and put their refusal into the body."""
    status = response.status_code
    said = f"HTTP {status}"
    if status >= 300:
        wait = response.headers.get("Retry-After", "")
        return Sent(False, said, for_good=status in GONE, retry_after_s=float(wait) if wait.isdigit() else None)
    if channel == "webhook":
        return Sent(True, said)
    try:
        body = response.json()
    except ValueError:
        return Sent(False, spoken(Sentence("{answer}, but it is not JSON", answer=said)))
    code = body.get("errcode", body.get("code", body.get("StatusCode"))) if isinstance(body, dict) else None
    if code == 0:
        return Sent(True, said)
    return Sent(False, f"{said}, code {code}: {str(body.get('errmsg', body.get('msg', '')))[:200]}" if code else said)


def send_http(client: httpx.Client, route: Route, message: Message, now: datetime) -> Sent:
    """Send a message over HTTP; a redirect is not followed, since it would carry the secret elsewhere."""
    try:
        response = client.send(request_of(route, message, now))
    except httpx.HTTPError as fault:
        # the address may hold a secret, so the fault's own words are not kept
        return Sent(False, type(fault).__name__)
    return answered(route.channel, response)


def email_of(route: Route, message: Message) -> EmailMessage:
    """An e-mail; its Message-ID is the idempotency key, so that a mailbox knows it again."""
    mail = EmailMessage()
    # a plain blank between two encoded words of a long Chinese subject is lost on the way
    mail["Subject"] = message.payload["title"].replace(" ", "\N{NO-BREAK SPACE}")
    mail["From"], mail["To"] = route.sender, ", ".join(route.to)
    mail["Date"] = datetime.fromisoformat(message.payload["composed_at"])
    mail["Message-ID"] = f"<{message.idempotency_key}@{route.sender.partition('@')[2]}>"
    mail["X-Priority"] = "1" if message.payload["level"] <= 2 else "3"
    mail.set_content(message.payload["text"] + "\n")
    return mail


def send_mail(route: Route, message: Message) -> Sent:
    """Send a message by SMTP; refused for good when the server says 5xx."""
    tls = ssl.create_default_context()
    try:
        with (
            smtplib.SMTP_SSL(route.server, route.port, timeout=TIMEOUT_S, context=tls)
            if route.security == "tls"
            else smtplib.SMTP(route.server, route.port, timeout=TIMEOUT_S)
        ) as server:
            if route.security == "starttls":
                server.starttls(context=tls)
            if route.user and route.password:
                server.login(route.user, route.password.get_secret_value())
            refused = server.send_message(email_of(route, message))
    except smtplib.SMTPResponseException as fault:
        return Sent(False, f"SMTP {fault.smtp_code}", for_good=500 <= fault.smtp_code < 600)
    except smtplib.SMTPRecipientsRefused as fault:
        codes = sorted({code for code, _ in fault.recipients.values()})
        return Sent(False, f"SMTP {codes}", for_good=all(500 <= code < 600 for code in codes))
    except (smtplib.SMTPException, OSError) as fault:
        return Sent(False, type(fault).__name__)
    if refused:
        some = Sentence("accepted, {refused} of {all} refused", refused=len(refused), all=len(route.to))
        return Sent(True, spoken(some))
    return Sent(True, spoken(Sentence("accepted")))


def senders(routing: Routing, *, clock: Callable[[], datetime]) -> dict[str, Sender]:
    """A sender for each channel of the outbox, over the routes there are now; they share one client."""
    client = httpx.Client(timeout=TIMEOUT_S, follow_redirects=False)

    def send(message: Message) -> Sent:
        route = routing.route(message.target)
        if route is None or f"alert.{route.channel}" != message.channel:
            return Sent(False, spoken(Sentence("there is no route {id} any more", id=message.target)), for_good=True)
        return send_mail(route, message) if route.channel == "smtp" else send_http(client, route, message, clock())

    return {f"alert.{channel}": send for channel in (*sorted(HTTP_CHANNELS), "smtp")}
