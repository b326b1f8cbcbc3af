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

from .._types import Real
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
MARK = "@@neverseen"
"""What Coq is told to print before each theorem's report."""
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


def coq_proofs(folder: Path = FOLDER, *, timeout: Real = 300.0) -> CoqReport:
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

    >>> coq_proofs(timeout=0)
    Traceback (most recent call last):
    ValueError: timeout: 0 is not a positive number of seconds
    """
    if not timeout > 0:
        raise ValueError(f"timeout: {timeout} is not a positive number of seconds")
    texts, started = files(folder), time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="neverseen-coq-") as place:
        bench = _Bench(Path(place), timeout)
        version, missing = bench.look()
        proofs = [_not_run(each, missing) for each in _all(texts)] if missing else bench.prove(texts)
    return CoqReport(version, missing, time.perf_counter() - started, tuple(proofs))


def _not_run(theorem: CoqTheorem, why: str) -> CoqProof:
    return CoqProof(theorem, "not run", (), "", why, 0.0)


class _Bench:
    """A directory to compile in, and what became of each file."""

    def __init__(self, place: Path, timeout: Real) -> None:
        self.place, self.timeout = place, timeout
        self.coqc = shutil.which("coqc")
        self.broken: dict[str, str] = {}
        self.absent: dict[str, str] = {}
        self.seconds: dict[str, float] = {}

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

    def prove(self, texts: Mapping[str, str]) -> list[CoqProof]:
        """Compile all files in order, then ask what the theorems of those that Coq accepted rest on."""
        for name, text in texts.items():
            self._take(name, text)
        sound = [each for each in _all(texts) if each.file not in self.broken | self.absent]
        ran, words = self._compile("audit.v", _audit(sound))
        told = told_by(words) if ran else {}
        return [self._judged(each, told.get(_full(each)), _short(words)) for each in _all(texts)]

    def _take(self, name: str, text: str) -> None:
        started = time.perf_counter()
        if why := self._lacking(name, text):
            self.absent[name] = why
        elif why := self._refused(name, text):
            self.broken[name] = why
        self.seconds[name] = time.perf_counter() - started

    def _judged(self, theorem: CoqTheorem, told: tuple[str, tuple[str, ...]] | None, words: str) -> CoqProof:
        name, seconds = theorem.file, self.seconds[theorem.file]
        if name in self.absent:
            return _not_run(theorem, self.absent[name])
        if name in self.broken or told is None:
            return CoqProof(theorem, "failed", (), "", self.broken.get(name, words), seconds)
        closed, axioms = told
        foreign = [axiom for axiom in axioms if axiom.split(".")[-1] not in CLASSICAL]
        if foreign:
            return CoqProof(theorem, "failed", axioms, "", f"rests on {', '.join(foreign)}", seconds)
        return CoqProof(theorem, "proved", axioms, closed, "", seconds)

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
                command, cwd=self.place, capture_output=True, text=True, check=False, timeout=float(self.timeout)
            )
        except subprocess.TimeoutExpired:
            return False, f"Error: stopped after {self.timeout:g} s"
        return done.returncode == 0, done.stdout + done.stderr


def _all(texts: Mapping[str, str]) -> list[CoqTheorem]:
    return [theorem for name, text in texts.items() for theorem in theorems_in(name, text)]


def _full(theorem: CoqTheorem) -> str:
    return f"{theorem.file.removesuffix('.v')}.{theorem.name}"


def _audit(theorems: list[CoqTheorem]) -> str:
    names = [_full(theorem) for theorem in theorems]
    modules = " ".join(dict.fromkeys(name.partition(".")[0] for name in names))
    head = f"From mathcomp Require Import all_ssreflect all_algebra.\nFrom {LIBRARY} Require {modules}.\n"
    asked = (f'Goal True. idtac "{MARK} {x}". Abort.\nCheck @{x}.\nPrint Assumptions {x}.\n' for x in names)
    return head + "".join(asked) if names else ""


def told_by(words: str) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Closed statement and axioms of each theorem, from what Coq printed.

    >>> told_by(f"{MARK} A.T\\nT : nat\\nAxioms:\\nB.c : P\\n  more\\n{MARK} A.U\\nClosed under the global context\\n")
    {'A.T': ('T : nat', ('B.c',)), 'A.U': ('', ())}
    """
    parts = [part.partition("\n") for part in words.split(f"{MARK} ")[1:]]
    return {name.strip(): _statement_and_axioms(rest) for name, _, rest in parts}


def _statement_and_axioms(said: str) -> tuple[str, tuple[str, ...]]:
    closed, mark, rest = said.partition("Axioms:\n")
    statement = " ".join(closed.replace("Closed under the global context", "").split())
    if not mark and "Closed under the global context" not in said:
        return statement, ("unknown",)
    return statement, tuple(line.split()[0] for line in rest.splitlines() if line and not line[0].isspace())


def _short(words: str) -> str:
    """The place and the first line of an error."""
    if found := _ERROR.search(words):
        return f"{found['file']}, line {found['line']}: {found['words'] or 'error'}"
    lines = [line for line in words.splitlines() if line.strip()]
    return lines[-1][:200] if lines else "Coq said nothing"
