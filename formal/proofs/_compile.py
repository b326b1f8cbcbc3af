"""Coq run on the files: which theorems it accepts, and what each rests on."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from ._source import FOLDER, LIBRARY, CoqTheorem, files, holes, required, theorems_in

CLASSICAL = frozenset(
    {
        "functional_extensionality_dep",
        "propositional_extensionality",
        "constructive_indefinite_description",
    }
)
"""The axioms of MathComp-Analysis, which real exponentials and logarithms cost; no other is accepted."""

SUPPORTED = "Coq 8.16 with MathComp 1.15 to 1.17; in Debian bookworm: coq, libcoq-mathcomp-*"

State = Literal["proved", "failed", "not run"]

_MATHCOMP = "From mathcomp Require Import all_ssreflect all_algebra ring."
_FIRST = f"{_MATHCOMP}\nCheck Num.Theory.ler_subl_addr.\nFail Check GRing.nmodType.\n"
_ANALYSIS = "From mathcomp.analysis Require Import reals exp.\n"
_MARK = "@@neverseen"
_ERROR = re.compile(r"^File \"\./(?P<file>[^\"]+)\", line (?P<line>\d+).*?^Error:\s*(?P<words>.*?)$", re.S | re.M)


@dataclass(frozen=True)
class CoqProof:
    """What Coq said of one theorem.

    Args:
        theorem: the theorem as written.
        state: "proved": accepted, and it rests on no axiom but those listed; "failed"; "not run".
        axioms: the axioms it rests on, empty for none.
        closed: the whole statement as Coq prints it, with the types it ranges over; "" unless proved.
        why: the error's first line, or why it was not run; "" where proved.
        seconds: what its file took, all theorems of it together.

    >>> CoqProof(CoqTheorem("T3", "T3", "", "Chains.v", "", ""), "not run", (), "", "Coq is not installed", 0.0).proved
    False
    """

    theorem: CoqTheorem
    state: State
    axioms: tuple[str, ...]
    closed: str
    why: str
    seconds: float

    @property
    def proved(self) -> bool:
        """Whether Coq accepted it."""
        return self.state == "proved"


@dataclass(frozen=True)
class CoqReport:
    """What Coq said of all theorems.

    Args:
        version: of Coq; "" where it is not installed.
        missing: why nothing was run, in one line; "" where Coq ran.
        seconds: of the whole.
        proofs: one for each theorem, in the order of the files.

    >>> CoqReport("", "Coq is not installed", 0.0, ()).installed
    False
    """

    version: str
    missing: str
    seconds: float
    proofs: tuple[CoqProof, ...]

    @property
    def installed(self) -> bool:
        """Whether a supported Coq was there to be asked."""
        return not self.missing

    def of(self, name: str) -> tuple[CoqProof, ...]:
        """The proofs under one id: of the statement, of its twin and of what more is said of it."""
        return tuple(proof for proof in self.proofs if proof.theorem.id == name)


def coq_proofs(folder: Path = FOLDER, *, timeout: float = 300.0) -> CoqReport:
    """Have Coq check every theorem of the Coq files, and say of each what it rests on.

    The files are copied to a temporary directory, compiled there in the order in which they require each other, and
    `Print Assumptions` is asked of every `Theorem`. A theorem is proved when its file compiles and holds no axiom, no
    admitted proof and no assumption outside a section, and when what it rests on is nothing, or the three classical
    axioms of MathComp-Analysis. Without Coq every theorem is "not run" and `missing` says why: nothing is taken for
    proved.

    Args:
        folder: where the files lie; the package's own by default.
        timeout: seconds for each file.

    Returns:
        The report: for each theorem its file, its statement as written, its axioms and the seconds of its file.

    Raises:
        ValueError: files require each other, or what is not there; a timeout that is not positive.

    >>> report = coq_proofs()
    >>> {proof.state for proof in report.proofs} <= ({"proved"} if report.installed else {"not run"})
    True
    """
    if not timeout > 0:
        raise ValueError(f"timeout: {timeout} is not a positive number of seconds")
    texts, started = files(folder), time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="neverseen-coq-") as place:
        bench = _Bench(Path(place), timeout)
        version, missing = bench.look()
        if missing:
            proofs = [_not_run(each, missing) for name, text in texts.items() for each in theorems_in(name, text)]
        else:
            proofs = [proof for name in texts for proof in bench.prove(name, texts)]
    return CoqReport(version, missing, time.perf_counter() - started, tuple(proofs))


def _not_run(theorem: CoqTheorem, why: str) -> CoqProof:
    return CoqProof(theorem, "not run", (), "", why, 0.0)


class _Bench:
    """A directory to compile in, and what became of each file."""

    def __init__(self, place: Path, timeout: float) -> None:
        self.place, self.timeout = place, timeout
        self.coqc = shutil.which("coqc")
        self.broken: dict[str, str] = {}
        self.absent: dict[str, str] = {}

    def look(self) -> tuple[str, str]:
        """The version of Coq, and why it cannot be used; "" where it can."""
        if self.coqc is None:
            return "", f"Coq is not installed; supported is {SUPPORTED}"
        said = self._run([self.coqc, "--print-version"])[1].split()
        version = said[0] if said else ""
        if not version.startswith("8.16."):
            return version, f"Coq {version or '(version unknown)'} is not supported; supported is {SUPPORTED}"
        ran, words = self._compile("probe_mathcomp.v", _FIRST)
        return version, "" if ran else f"MathComp 1 is not there ({_short(words)}); supported is {SUPPORTED}"

    def prove(self, name: str, texts: Mapping[str, str]) -> list[CoqProof]:
        """Compile one file, after those it requires, and ask what its theorems rest on."""
        theorems, started = list(theorems_in(name, texts[name])), time.perf_counter()
        if why := self._lacking(name, texts[name]):
            self.absent[name] = why
            return [_not_run(theorem, why) for theorem in theorems]
        self.broken |= {name: why} if (why := self._refused(name, texts[name])) else {}
        if name in self.broken:
            taken = time.perf_counter() - started
            return [CoqProof(each, "failed", (), "", self.broken[name], taken) for each in theorems]
        ran, words = self._compile(f"audit_{name}", _audit(name, theorems))
        taken = time.perf_counter() - started
        told = _told(words) if ran else {}
        return [_judged(each, told.get(each.name), taken, _short(words)) for each in theorems]

    def _lacking(self, name: str, text: str) -> str:
        for other in sorted(required(text)):
            if other in self.absent:
                return self.absent[other]
        if "mathcomp.analysis" in text and not self._compile("probe_analysis.v", _ANALYSIS)[0]:
            return f"MathComp-Analysis is not installed, and {name} needs it (libcoq-mathcomp-analysis)"
        return ""

    def _refused(self, name: str, text: str) -> str:
        """Why a file proves nothing, "" where it may."""
        for other in sorted(required(text)):
            if other in self.broken:
                return f"requires {other}: {self.broken[other]}"
        if found := holes(text):
            return f"{name} leaves something unproved: {', '.join(found)}"
        ran, words = self._compile(name, text)
        return "" if ran else _short(words)

    def _compile(self, name: str, text: str) -> tuple[bool, str]:
        (self.place / name).write_text(text, encoding="utf-8")
        return self._run([str(self.coqc), "-q", "-w", "none", "-Q", ".", LIBRARY, name])

    def _run(self, command: list[str]) -> tuple[bool, str]:
        try:
            done = subprocess.run(
                command, cwd=self.place, capture_output=True, text=True, check=False, timeout=self.timeout
            )
        except subprocess.TimeoutExpired:
            return False, f"Error: stopped after {self.timeout:g} s"
        return done.returncode == 0, done.stdout + done.stderr


def _audit(name: str, theorems: list[CoqTheorem]) -> str:
    module = name.removesuffix(".v")
    head = f"From mathcomp Require Import all_ssreflect all_algebra.\nFrom {LIBRARY} Require {module}.\n"
    ask = 'Goal True. idtac "{mark} {name}". Abort.\nCheck @{module}.{name}.\nPrint Assumptions {module}.{name}.\n'
    return head + "".join(ask.format(mark=_MARK, name=each.name, module=module) for each in theorems)


def _told(words: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Closed statement and axioms of each theorem, from what Coq printed."""
    parts = [part.partition("\n") for part in words.split(f"{_MARK} ")[1:]]
    return {name.strip(): _statement_and_axioms(rest) for name, _, rest in parts}


def _statement_and_axioms(said: str) -> tuple[str, tuple[str, ...]]:
    closed, mark, rest = said.partition("Axioms:\n")
    statement = " ".join(closed.replace("Closed under the global context", "").split())
    if not mark and "Closed under the global context" not in said:
        return statement, ("unknown",)
    return statement, tuple(line.split()[0] for line in rest.splitlines() if line and not line[0].isspace())


def _judged(theorem: CoqTheorem, told: tuple[str, tuple[str, ...]] | None, seconds: float, words: str) -> CoqProof:
    if told is None:
        return CoqProof(theorem, "failed", (), "", words or "Coq does not know it", seconds)
    closed, axioms = told
    foreign = [axiom for axiom in axioms if axiom.split(".")[-1] not in CLASSICAL]
    if foreign:
        return CoqProof(theorem, "failed", axioms, "", f"rests on {', '.join(foreign)}", seconds)
    return CoqProof(theorem, "proved", axioms, closed, "", seconds)


def _short(words: str) -> str:
    """The place and the first line of an error."""
    if found := _ERROR.search(words):
        return f"{found['file']}, line {found['line']}: {found['words'] or 'error'}"
    lines = [line for line in words.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "Coq said nothing"
