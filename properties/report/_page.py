"""What all pages share: the templates, what a value is called in them, and the file that they go to."""

import os
from importlib import resources
from pathlib import Path
from typing import Any

import jinja2

from ...formal._files import write_whole
from ._streams import visible

Page = tuple[str, dict[str, Any]]
"""A template, and what it is filled with."""


def fill_template(template: str, context: dict[str, Any]) -> str:
    """A page from one of the templates of this folder; all text is escaped.

    >>> head = dict.fromkeys(("title", "kicker", "word", "rest", "mark", "meaning", "command"), "<b>")
    >>> "<b>" in fill_template("page.html", head | {"facts": [], "provenance": [], "wide": False})
    False
    """
    rooms = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        loader=jinja2.FunctionLoader(_source),
    )
    # The whole page: text reaches it through drawings, filters and joins.
    return visible(rooms.get_template(template).render(context))


def _source(name: str) -> str:
    return resources.files(__package__ or "").joinpath(name).read_text(encoding="utf-8")


def write_page(page: str, path: str | os.PathLike[str]) -> None:
    """Write a page to a file, whole or not at all.

    Raises:
        ValueError: the path cannot be written.

    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     write_page("a page", pathlib.Path(folder) / "page.html")
    ...     (pathlib.Path(folder) / "page.html").read_text()
    'a page'
    """
    try:
        write_whole(writable(path), page.encode("utf-8", "backslashreplace"))
    except OSError as error:
        raise ValueError(f"report: cannot write {str(path)!r} ({error.strerror}); give another file") from error


def writable(path: str | os.PathLike[str]) -> Path:
    """Where a report will lie, links followed; call it before the work whose result it is to hold.

    Raises:
        ValueError: no such directory, not allowed, or something other than a file is in the way.

    >>> writable("no/such/directory/report.html")
    Traceback (most recent call last):
    ValueError: report: 'no/such/directory' is not a directory; create it or give another file
    """
    try:
        target, folder = Path(os.path.realpath(path)), Path(path).parent
        target.exists()
        target.with_name(f".{'0' * 60}.tmp").exists()  # as long as the name that it is written under
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ValueError(f"report: {str(path)!r} cannot be a file ({reason}); give another name") from error
    if not target.parent.is_dir():
        raise ValueError(f"report: {str(folder)!r} is not a directory; create it or give another file")
    if target.exists() and not target.is_file():
        raise ValueError(f"report: {str(path)!r} exists and is not a file; give another name")
    if not os.access(target.parent, os.W_OK | os.X_OK):
        raise ValueError(f"report: no permission to write in {str(folder)!r}; give another file")
    return target


def in_words(value: Any) -> str:
    """A provenance value as a person would write it.

    >>> in_words({"x64": True, "devices": [1, None]})
    'x64 yes, devices 1, –'
    """
    if isinstance(value, dict):
        return ", ".join(f"{key} {in_words(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(in_words(item) for item in value)
    return {True: "yes", False: "no", None: "–"}[value] if value is None or isinstance(value, bool) else str(value)
