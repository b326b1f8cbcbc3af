"""The pages of results that are a table with its terms: metrics, a plan, sweeps, a relative check, proofs."""

import math
from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from ...formal.definitions._relative import Relative
from ..checks._plan import Plan
from ..checks._proofs import Proofs, proof_summary
from ..checks._rank import Ranking
from ..checks._sweep import Sweep
from ..checks._tuning import Tuning
from ..engine._standing import SHARE
from ..metrics._graded import ROW_BY_ROW, Distance
from ..metrics._table import Table
from . import _drawings as draw
from ._page import Page, in_words
from ._planes import distance_plane
from ._svg import number
from ._sweep_drawing import sweep_picture
from ._tuning_drawing import trials_picture

_NO_VERDICT = "A metric is no verdict: a “no” is not a pass, and a check is what an error bound goes with."
_WORTH = "95 % intervals over runs. The floor is what fresh retrains get, do-nothing what the original gets."
_AS_IN_ALL = {"wide": True, "word": "", "mark": Markup(""), "command": None, "code": "", "drawings": [], "notes": []}


def table_page(table: Table) -> Page:
    """The page of a measurement.

    >>> table_page(Table.example())[1]["title"]
    'finetune on mlp'
    """
    facts = [
        ("Definition", table.definition),
        ("References", table.reference),
        ("Runs of each arm", str(table.runs)),
        ("Wall time", f"{number(table.seconds, 3)} s"),
    ]
    return plain_page(
        kicker="metrics of a remover",
        title=table.subject,
        rest=f"{table.subject}, against the reference of {table.definition}",
        meaning=_NO_VERDICT,
        facts=facts,
        heading="Metrics, each with its floor",
        cells=table.cells,
        notes=[_WORTH, *_sentences(table)],
        provenance=table.provenance,
    )


def tables_page(tables: Sequence[Table]) -> Page:
    """The page of measurements of several removers, or under several definitions.

    >>> tables_page([Table.example(), Table.example()])[1]["title"]
    'Metrics of removers'
    """
    where = tables[0].subject.partition(" on ")[2]
    by = [(table.subject.removesuffix(f" on {where}"), table.definition) for table in tables]
    heads, seconds = ("Remover", "Definition", *tables[0].cells[0]), sum(table.seconds for table in tables)
    notes = [(f"{of}, {claim}: ", _sentences(table)) for (of, claim), table in zip(by, tables, strict=True)]
    names, claims = ({each[at]: None for each in by} for at in (0, 1))
    removers = next(iter(names)) if len(names) == 1 else f"{len(names)} removers"
    return plain_page(
        kicker="metrics of removers",
        title="Metrics of removers",
        rest=f"{removers} on {where}, each against the reference of {' and of '.join(claims)}",
        meaning=_NO_VERDICT,
        facts=[("Runs of each arm", str(tables[0].runs)), ("Wall time", f"{number(seconds, 3)} s")],
        heading="Metrics, each with its floor",
        cells=[heads, *((*one, *row) for one, table in zip(by, tables, strict=True) for row in table.cells[1:])],
        notes=[_WORTH, *(f"{whose}{said}" for whose, each in notes for said in each)],
        provenance=tables[0].provenance,
    )


def _sentences(table: Table) -> list[str]:
    return [f"{note.replace('left out:', 'Left out:', 1)}." for note in table.notes]


def listed_page(results: Sequence[Sweep] | Sequence[Table]) -> Page:
    """The page of a list: of tables of metrics, or of sweeps.

    >>> [listed_page([one])[1]["kicker"] for one in (Table.example(), Sweep("retrain", "ridge", "blobs", 4, ()))]
    ['metrics of a remover', 'sweep']
    """
    tables = [result for result in results if isinstance(result, Table)]
    sweeps = [result for result in results if isinstance(result, Sweep)]
    if len(tables) + len(sweeps) < len(results) or (tables and sweeps):
        raise ValueError("report: a list holds sweeps alone, or tables of metrics alone")
    if not tables:
        return sweeps_page(sweeps)
    return table_page(tables[0]) if len(tables) == 1 else tables_page(tables)


def plan_page(plan: Plan) -> Page:
    """The page of a plan.

    >>> import neverseen as ns
    >>> plan_page(ns.plan(ns.Untraining(1.0, 0.05), "none", replications=20))[1]["title"]
    'Plan of a check'
    """
    names = ("alpha", "beta", "tolerance", "budget", "views", "replications", "seed")
    terms = ", ".join(f"{name}={getattr(plan, name)!r}" for name in names)
    return plain_page(
        kicker="plan",
        title="Plan of a check",
        rest=plan.note,
        meaning="A forecast from laws that are known: a size, no promise.",
        facts=[("Pairs without which nothing is refuted", str(plan.least)), ("Effect", str(plan.effect))],
        heading="How many pairs a verdict will need",
        cells=[("", "Forecast"), *plan.cells],
        code=f"ns.plan(ns.{plan.definition!r}, {str(plan.effect)!r},\n        {terms})",
        provenance={},
    )


def sweeps_page(sweeps: Sequence[Sweep]) -> Page:
    """The page of sweeps over the same sizes.

    Raises:
        ValueError: none is given.

    >>> sweeps_page([Sweep("retrain", "ridge", "blobs", 4, (), "why")])[1]["rest"]
    'retrain on ridge in blobs, as unlearning: does not apply: why'
    """
    if not sweeps:
        raise ValueError("report: no sweep is given; give at least one")
    verdicts = [point.verdict for one in sweeps for point in one.points]
    rows = [(one.remover, *cells) for one in sweeps for cells in one.cells or [("–", one.result, "–")]]
    facts = [("|S_full|", str(sweeps[0].full))]
    shared: dict[str, Any] = {}
    if verdicts:
        facts += [("Claim", repr(verdicts[0].definition)), ("α of each verdict", number(verdicts[0].alpha, 3))]
        shared = {name: verdicts[0].provenance.get(name) for name in ("seed", "grain", "versions")}
    lines = [f"{one.subject}: {one.result}" for one in sweeps]
    return plain_page(
        kicker="sweep",
        title="How much of S_full is enough",
        rest=lines[0] if len(sweeps) == 1 else f"{len(sweeps)} removers: how much of S_full is enough",
        meaning="INCONCLUSIVE is no pass; “no power”: doing nothing is not refuted either.",
        facts=facts,
        heading="Request by request",
        cells=[("Remover", "Requested", "Verdict", "Pairs"), *rows],
        drawings=[
            (sweep_picture(sweeps), "A tick is SATISFIED, a cross REFUTED, a bar INCONCLUSIVE; beside it its pairs.")
        ],
        notes=[*lines, "A larger request may be refuted where a smaller one was not."],
        provenance={name: value for name, value in shared.items() if value is not None},
    )


def tuning_page(tuning: Tuning) -> Page:
    """The page of a tuning.

    >>> tuning_page(Tuning.example())[1]["rest"]
    'finetune on mlp: 3 trials, without the reference (...): better than the defaults, as far as its tuner can see'
    """
    aim = tuning.definition if tuning.mode == "with-reference" else f"{tuning.definition}, which plays no part"
    facts = [("Definition", aim)]
    facts += [
        (f"{name[0].upper()}{name[1:]}", f"{at} ({share})" if share else at)
        for name, at, share in tuning.report_cells[1:]
    ]
    facts += [
        ("Runs of each trial, and fresh ones of the report", str(tuning.runs)),
        ("Retrains", str(tuning.retrains)),
    ]
    settings = [f"{name}: {was} → {best}, of {where}" for name, was, best, where in tuning.settings_cells[1:]]
    return plain_page(
        kicker="tuned settings",
        title=tuning.subject,
        rest=f"{tuning.title}: {tuning.word}",
        meaning="Squared distances (in brackets the root of the share of doing nothing) are of runs that nothing was "
        "chosen on, 95 %. A tuned point is no verdict.",
        facts=[*facts, ("Wall time", f"{number(tuning.seconds, 3)} s")],
        heading="Trial by trial, the best first",
        cells=tuning.cells,
        drawings=[(trials_picture(tuning), "Squared distances that were chosen by; trial 0 are the defaults.")],
        notes=[*settings, *tuning.notes],
        provenance=tuning.provenance,
    )


def relative_page(relative: Relative) -> Page:
    """The page of a relative check.

    >>> relative_page(Relative.example())[1]["word"]
    'CLOSER_TO_ORIGINAL'
    """
    side, _, rest = relative.sentence.partition(":")
    scale = {"position": relative.position, "above": relative.lower, "below": relative.upper}
    scale |= {"distance from the reference, in the original’s": relative.distance}
    facts = [(f"{name[0].upper()}{name[1:]}", "–" if at is None else number(at, 3)) for name, at in scale.items()]
    facts += [("Triples used", f"{relative.triples} of {relative.budget}")]
    facts += [("Chance of an error", f"α = {relative.alpha:g}")]
    paths = {"closer to the original": relative.to_original, "closer to the reference": relative.to_reference}
    return plain_page(
        kicker="relative check",
        title=f"{side}: {relative.subject}",
        word=side,
        rest=rest,
        meaning="From the reference (0) to the original (1); it says nothing about the distance from that line.",
        facts=[*facts, ("Wall time", f"{number(relative.seconds, 3)} s")],
        heading="The evidence, triple by triple",
        cells=[],
        drawings=[(_wealth(relative, name, path), f"Wealth of bets for “{name}”.") for name, path in paths.items()],
        provenance=relative.provenance,
    )


def distance_page(distance: Distance) -> Page:
    """The page of a distance.

    >>> distance_page(Distance.example())[1]["title"]
    'finetune on mlp'
    """
    share = "–" if distance.share is None else str(distance.share)
    return plain_page(
        kicker="distance",
        title=distance.subject,
        rest=distance.sentence,
        meaning=ROW_BY_ROW,
        facts=[("Share of doing nothing", share), ("Runs of each arm", ", ".join(map(str, distance.runs)))],
        heading="Squared distance, block by block",
        cells=distance.cells,
        notes=distance.notes,
        provenance=distance.provenance,
    )


def ranking_page(ranking: Ranking) -> Page:
    """The page of removers in several scenarios.

    >>> ranking_page(Ranking.example())[1]["title"]
    'Removers in 2 scenarios'
    """
    tables = [(head, *lines) for head, *lines in ranking.tables]
    cells = [("Remover", "Definition", *tables[0][0][1:])]
    cells += [(line[0], table[0][0], *line[1:]) for table in tables for line in table[1:]]
    planes = [(distance_plane(made), made.scenario) for made in ranking.comparisons]
    return plain_page(
        kicker="comparison of removers",
        title=f"Removers in {len(ranking.comparisons)} scenarios",
        rest=ranking.sentence,
        meaning="Distance: 0 is a fresh retrain, 1 doing nothing. A rank is no verdict, and the nearest may be far.",
        facts=[("Learner", ranking.comparisons[0].learner)],
        heading="Mean rank by distance",
        cells=cells,
        drawings=[(plane, where) for plane, where in planes if plane],
        notes=[made.sentence for made in ranking.comparisons],
        provenance=ranking.comparisons[0].provenance,
    )


def proofs_page(proofs: Proofs) -> Page:
    """The page of what `prove` ran.

    >>> proofs_page(Proofs(0, ()))[1]["rest"]
    '0 of 0 theorems hold; 0 of 0 negative twins refuted'
    """
    return plain_page(
        kicker="proofs",
        title="Theorems",
        rest=proof_summary(proofs.theorems),
        meaning="A negative twin is a false variant of a statement: a check that cannot refute it would prove nothing.",
        facts=[("Wall time", f"{number(proofs.seconds, 3)} s")],
        heading="Theorem by theorem",
        cells=[("Id", "", "Kind", "Cases", "Time", "Negative twin", "Statement"), *proofs.cells],
        notes=proofs.notes,
        provenance={},
    )


def plain_page(provenance: dict[str, Any], **context: Any) -> Page:
    """A page of drawings, a table, notes and facts, with what all such pages share.

    >>> plain_page({"seed": 0}, title="a")[1]["provenance"]
    [('seed', '0')]
    """
    entries = [(name, in_words(value)) for name, value in provenance.items() if name != "command"]
    return "result.html", _AS_IN_ALL | {"command": provenance.get("command"), "provenance": entries} | context


def _wealth(relative: Relative, name: str, path: tuple[float, ...]) -> Markup:
    """The curve of a log wealth that stands still between looks."""
    stands = zip((0.0, *path), (0, *relative.looks), relative.looks, strict=False)
    steps = [value for value, last, look in stands for _ in range(look - last)]
    level = math.log(1 / (SHARE * relative.alpha))
    return draw.curve([*steps, *path[-1:]], level, "log wealth (nats)", f"ln(1/{SHARE}α)", name, "triples")
