"""One self-contained HTML page, and the frames that it is made of."""

import html
import os
from importlib import resources
from pathlib import Path
from string import Template

from asdcfer.files import atomic_write


def write_page(
    title: str, subtitle: str, body: str, out: str | os.PathLike[str], style: str = ""
) -> Path:
    """Write a page in the style of a report; it asks the network for nothing.

    Args:
        title: plain text.
        subtitle: plain text below it.
        body: HTML.
        out: the page.
        style: name of a further sheet of styles in `templates`.

    Returns:
        Its path.
    """
    folder = resources.files("asdcfer.reporting") / "templates"
    template = Template((folder / "report.html").read_text(encoding="utf-8"))
    page = template.substitute(
        title=html.escape(title),
        subtitle=html.escape(subtitle),
        body=body,
        style=(folder / style).read_text(encoding="utf-8") if style else "",
    )
    with atomic_write(out) as temporary:
        temporary.write_text(page, encoding="utf-8")
    return Path(out)


def card(title: str, content: str) -> str:
    """Return one framed part of a page; `content` is HTML."""
    return f'<section class="card"><h3>{html.escape(title)}</h3>{content}</section>'
