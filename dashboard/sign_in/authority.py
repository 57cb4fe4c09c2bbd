"""The page `/ca`: how a phone comes to trust this installation's own certificate authority."""

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from dashboard.certificates import der, fingerprint
from dashboard.services import Services
from dashboard.sign_in.pages import PAGE_HEADERS, environment
from gis.errors import NotFound
from gis.texts import LANGUAGES, texts_in


def router(services: Services) -> APIRouter:
    """Mount /ca and the certificate it offers."""
    routes = APIRouter(include_in_schema=False)
    authority = services.settings.var_dir / "certificates" / "ca.crt"

    @routes.get("/ca")
    def page(request: Request, lang: str = "") -> HTMLResponse:
        texts = texts_in(lang if lang in LANGUAGES else services.settings.language)
        made = authority.exists() and request.url.scheme == "https"
        print_of_it = fingerprint(authority) if made else None
        content = (
            environment()
            .get_template("authority.html")
            .render(
                texts=texts, fingerprint=print_of_it, other=next(word for word in LANGUAGES if word != texts.language)
            )
        )
        return HTMLResponse(content, headers=PAGE_HEADERS)

    @routes.get("/ca/fengqiao-ca.crt")
    def certificate() -> Response:
        if not authority.exists():
            raise NotFound(
                "this server has no certificate authority of its own: it serves localhost or a given certificate"
            )
        return Response(
            der(authority),
            media_type="application/x-x509-ca-cert",
            headers={"Content-Disposition": 'attachment; filename="fengqiao-ca.crt"'},
        )

    return routes
