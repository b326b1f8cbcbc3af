"""What the installed package asks of others, and which of it is not there, by extra."""

import importlib.metadata
import re
from collections.abc import Iterable

_SPEC = re.compile(r"^([\w.-]+)(?:\[([^]]*)\])?([^;]*)(?:;.*extra == ['\"]([\w-]+)['\"])?")


def missing(requirements: Iterable[str] | None = None) -> dict[str, list[str]]:
    """For each extra, "" for the library itself: requirements that nothing installed meets, as they are written.

    Args:
        requirements: as in a package's metadata; those of this library when left out.

    >>> missing(["numpy>=1", "numpy>=999; extra == 'new'", "no-such-thing; extra == 'new'"])
    {'': [], 'new': ['numpy>=999', 'no-such-thing']}
    """
    lines = importlib.metadata.requires("neverseen") or [] if requirements is None else requirements
    lacking: dict[str, list[str]] = {"": []}
    for line in lines:
        found = _SPEC.match(line)
        if found is None:
            continue
        name, its_extra, limits, extra = (part or "" for part in found.groups())
        unmet = [] if met(name, limits.strip()) else [f"{name}{limits.strip()}"]
        if its_extra and not unmet:
            unmet = missing(importlib.metadata.requires(name) or []).get(its_extra, [])
        lacking.setdefault(extra, []).extend(unmet)
    return lacking


def met(name: str, limits: str) -> bool:
    """Whether a package is installed, in a version that keeps the limits: `>=`, `!=` with or without a `*`, and `<`.

    >>> met("numpy", ">=1,!=999.*"), met("numpy", "<1"), met("no-such-thing", "")
    (True, False, False)
    """
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return False
    return all(_keeps(version, limit.strip()) for limit in limits.split(",") if limit.strip())


def _keeps(version: str, limit: str) -> bool:
    sign, bound = limit[:2].rstrip("0123456789"), limit.lstrip("<>=!~ ")
    if sign == "!=":
        return not version.startswith(bound.removesuffix("*")) if bound.endswith("*") else version != bound
    here, there = _numbers(version), _numbers(bound)
    return {">=": here >= there, "<": here < there, "<=": here <= there, "==": here == there}.get(sign, True)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("+")[0])[:3])
