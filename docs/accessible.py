"""What the generator and the theme leave out of their HTML for people who read by ear or by keyboard."""

import pathlib
import re
from typing import Any

_PLAIN = {
    '<p class="caption" role="heading">': '<p class="caption" role="heading" aria-level="2">',
    '<aside class="sidebar-drawer">': '<aside class="sidebar-drawer" aria-label="Pages">',
    '<aside class="toc-drawer">': '<aside class="toc-drawer" aria-label="On this page">',
    '<div id="search-results">': '<h1>Search</h1><div id="search-results">',
    "<pre>": '<pre tabindex="0">',
    "<table": '<table tabindex="0"',
}
_ARGUMENTS = re.compile(r"<dl>\n((?:<dd>.*?</dd>\n)+)</dl>")


def mended(page: str) -> str:
    """A page with levels on its headings, names on its landmarks, and what scrolls in reach of the keyboard."""
    for old, new in _PLAIN.items():
        page = page.replace(old, new)
    # Long signatures come as lists of definitions without terms.
    return _ARGUMENTS.sub(lambda found: re.sub(r"<(/?)dd>", _line, found.group(1)), page)


def _line(tag: re.Match[str]) -> str:
    return "</span>" if tag.group(1) else '<span class="argument">'


def mend_pages(app: Any, error: Exception | None) -> None:
    """What Sphinx calls when it is done."""
    if error is None and app.builder.format == "html":
        for path in pathlib.Path(app.outdir).rglob("*.html"):
            path.write_text(mended(path.read_text(encoding="utf-8")), encoding="utf-8")
