"""Set a report as HTML and print it to PDF; no browser is needed."""

from importlib.resources import files
from typing import cast

from jinja2 import Environment
from weasyprint import HTML

from dashboard.reports.chinese import between_sentences
from dashboard.reports.pages import Report
from gis.texts import Texts


def report_html(report: Report, texts: Texts, *, drill: str = "") -> str:
    """Return the report as one HTML document with its maps inside; on a screen a drill that runs is named above it."""
    folder = files("dashboard.reports").joinpath("templates")
    template = Environment(autoescape=True).from_string(folder.joinpath("report.html").read_text(encoding="utf-8"))
    return template.render(
        report=report,
        drill=f"{texts('report.drill')} · {drill}" if drill else "",
        lang="zh-CN" if texts.language == "zh" else "en",
        css=folder.joinpath("report.css").read_text(encoding="utf-8"),
        words={
            "between": between_sentences(texts),
            "definitions": texts("report.definitions"),
            "remarks": texts("report.remarks"),
            "signed": texts("report.signed"),
            "date": texts("report.signed.date"),
        },
        page_words=lambda page, pages: texts("report.footer.page", page=page, pages=pages),
    )


def print_report(report: Report, texts: Texts) -> bytes:
    """Return the report as PDF: A4, maps as vectors, text as text."""
    return cast(bytes, HTML(string=report_html(report, texts)).write_pdf())
