"""`neverseen pool ls | verify | prune | digest | fill`: what the store holds, whether it is sound, room, and runs."""

import argparse
import json
import re
import time

from ...algorithms.fill import executors
from ...algorithms.pools._pool import SHARD
from ...algorithms.pools._pool import Pool as RunsPool
from ...algorithms.store._store import Damaged, Store, StoredPool
from ...formal._codec import to_json
from ...formal._tabled import aligned
from ..checks import check
from ..runs._run_pools import streams
from . import _terminal
from ._flags import Command, cli_options, flags
from ._running import start, subject_of

_STATUS = """\
exit status: 0 done and all sound, 1 verify found damaged files, 2 usage, or what cannot be read, drawn or kept, 70 a
fault of ours, 130 Ctrl-C (finished shards stay)

The store keeps pools of runs between checks. It lies in NEVERSEEN_STORE, or else among the user's caches."""

_ACTIONS = {
    "ls": "list the pools, least recently used first",
    "verify": "read and check every file, and set the damaged ones aside",
    "prune": "remove what was least recently used, and damaged files",
    "digest": "print the hash of a pool's runs",
    "fill": "draw runs of a learner into the store, those that check would draw; again resumes",
}

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "t": 10**12, "ki": 2**10, "mi": 2**20, "gi": 2**30, "ti": 2**40}
_SIZE = re.compile(r"([0-9]{1,15}(?:[.][0-9]{1,15})?) ?((?:[kmgt]i?)?)b?", re.IGNORECASE | re.ASCII)


def _arguments(parser: argparse.ArgumentParser) -> None:
    """What it takes."""
    actions = parser.add_subparsers(dest="action", metavar="|".join(_ACTIONS), required=True)
    for name, summary in _ACTIONS.items():
        action = actions.add_parser(name, help=summary, description=f"{summary[0].upper()}{summary[1:]}.")
        cli_options(action, "--store", help="the store's folder (default NEVERSEEN_STORE or the cache)")
        if name == "prune":
            said = "what may stay: 0, 500MB, 2GiB (default 0)"
            action.add_argument("--limit", default="0", metavar="SIZE", help=said)
        elif name == "digest":
            action.add_argument("id", metavar="ID", help="of the pool, or how it starts")
        else:
            cli_options(action, "--json")
        if name == "fill":
            _filling(action)


def _filling(parser: argparse.ArgumentParser) -> None:
    cli_options(parser, "--learner", "--scenario")
    flags(parser, check, "seed")
    add = parser.add_argument
    add("--runs", type=int, required=True, metavar="N", help="runs to have; whole shards of 32 are drawn")
    rows = ("none", "forget", "behaviour")
    add("--without", choices=rows, default="none", help="rows left out: none, S or S_full (default none)")
    add("--workers", type=int, metavar="W", help="draw by W processes (default: in this one, on all cores)")
    said = "draw by a Ray cluster (default one of this machine)"
    add("--ray", nargs="?", const="local", metavar="ADDRESS", help=said)
    add("--memory", default="256MiB", metavar="SIZE", help="of shards under way at most (default 256MiB)")
    add("--limit", default="2GiB", metavar="SIZE", help="what the store may hold (default 2GiB)")


def _run(args: argparse.Namespace) -> int:
    """One of its actions."""
    return {"ls": _ls, "verify": _verify, "prune": _prune, "digest": _digest, "fill": _fill}[args.action](args)


def _ls(args: argparse.Namespace) -> int:
    store = Store(args.store)
    held = store.pools()
    if args.json:
        _terminal.write_json(to_json(held))
        return 0
    for line in aligned(map(_held, held), right=(1, 2)):
        _terminal.write(_terminal.printable(line))
    total = f"{len(held)} pools, {sum(one.shards for one in held)} shards, {_bytes(sum(one.bytes for one in held))}"
    _terminal.write(_terminal.printable(f"{total} in {store.folder}"))
    return 0


def _held(one: StoredPool) -> tuple[str, ...]:
    day = time.strftime("%Y-%m-%d %H:%M", time.localtime(one.used))
    aside = f"  [{one.aside} damaged]" if one.aside else ""
    return one.id[:12], f"{one.shards} shards", _bytes(one.bytes), day, f"{one.description}{aside}"


def _verify(args: argparse.Namespace) -> int:
    store = Store(args.store)
    shards = sum(one.shards for one in store.pools())
    with _terminal.progress(shards, "shards", "reading") as progress:
        damaged = store.verify(progress)
    if args.json:
        _terminal.write_json(json.dumps({"shards": shards, "damaged": [_row(one) for one in damaged]}, indent=1))
    else:
        for one in damaged:
            _terminal.write(_terminal.printable(str(one)))
        _terminal.write(_terminal.printable(f"{shards} shards read, {len(damaged)} files damaged in {store.folder}"))
    return 1 if damaged else 0


def _prune(args: argparse.Namespace) -> int:
    limit, store = _size("--limit", args.limit), Store(args.store)
    gone = store.prune(limit)
    removed = f"removed {gone.shards} shards and {gone.files} damaged or abandoned files"
    _terminal.write(_terminal.printable(f"{removed}; {_bytes(gone.left)} are left in {store.folder}"))
    return 0


def _digest(args: argparse.Namespace) -> int:
    store = Store(args.store)
    named = [one for one in store.pools() if one.id.startswith(args.id)]
    if len(named) != 1:
        words = "no pool has" if not named else f"{len(named)} pools have"
        raise ValueError(f"{words} an id that starts with {args.id!r}; neverseen pool ls --json shows the ids")
    _terminal.write(store.at(named[0].id).digest())
    return 0


def _fill(args: argparse.Namespace) -> int:
    memory, limit = _size("--memory", args.memory), _size("--limit", args.limit)
    start()
    pool, store = _learner_pool(args), Store(args.store, limit)
    crew = None if args.workers is None else executors.spawn(args.workers)
    if args.ray is not None:
        crew = executors.ray(args.ray, args.workers)
    started = time.monotonic()
    with _terminal.progress(args.runs, "runs") as progress:
        shards = executors.fill(pool, args.runs, store, crew, memory=memory, progress=progress)
    count = -(-args.runs // SHARD)
    filled = {"pool": shards.id, "runs": count * SHARD, "seconds": round(time.monotonic() - started, 2)}
    filled["digest"] = shards.digest(count)
    if args.json:
        _terminal.write_json(json.dumps(filled, indent=1))
    else:
        line = "pool {pool}, {runs} runs in {seconds} s, digest {digest}".format(**filled)
        _terminal.write(_terminal.printable(line))
    return 0


def _learner_pool(args: argparse.Namespace) -> RunsPool:
    """The pool that `check` draws its originals or its references from."""
    learner, scenario = subject_of(args, "learner", "scenario")
    masks = {"none": None, "forget": scenario.forget, "behaviour": scenario.behaviour}
    unseen = masks[args.without]
    rows = scenario.rows if unseen is None else scenario.rows.without(unseen)
    left = "" if unseen is None else f" without {args.without}"
    return RunsPool(
        learner.fit, (streams(scenario, args.seed)["training"],), (rows,), name=f"{learner} in {scenario}{left}"
    )


def _row(one: Damaged) -> dict[str, str]:
    return {"file": str(one.file), "why": one.why, "outcome": one.outcome}


def _size(flag: str, text: str) -> int:
    """Bytes of a size such as 0, 500MB or 2GiB."""
    named = _SIZE.fullmatch(text)
    if named is None:
        raise ValueError(f"{flag}: {text!r} is not a size; write 0, 500MB or 2GiB")
    return int(float(named[1]) * _UNITS[named[2].lower()])


def _bytes(count: int) -> str:
    """A size as people read it."""
    size, unit = float(count), "B"
    for unit in ("B", "kB", "MB", "GB", "TB"):
        if size < 1000 or unit == "TB":
            break
        size /= 1000
    return f"{size:.0f} B" if unit == "B" else f"{size:.1f} {unit}"


_SUMMARY = "look after the stored runs: list them, check them, make room, fill"
POOL = Command("pool", Store, _SUMMARY, _STATUS, _arguments, _run)
