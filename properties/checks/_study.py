"""A study: settings asked of a sampler one after the other, and the file that has those tried so far."""

import dataclasses
import importlib.metadata
import os
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...algorithms._space import Choice, Plain, Setting
from ...formal._codec import Coded
from ...formal._files import write_whole
from ._tuning import Settings, TuningTrial

FILE = "tuning.json"
"""A study's file in its folder."""


def optuna_here() -> Any:
    """The module optuna.

    Raises:
        ValueError: it is not installed.

    >>> optuna_here().__name__
    'optuna'
    """
    try:
        import optuna
    except ImportError:
        raise ValueError("tune: the search is Optuna's, which is missing: pip install 'neverseen[tune]'") from None
    return optuna


class Sampler:
    """Settings to try, by the tree-structured Parzen estimator; the defaults first.

    The same answers bring the same questions: that is how a study goes on where it was left.

    Args:
        space: the space.
        defaults: of its settings; where they lie outside, they are tried and the sampler is not told.
        seed: of the sampler.

    Source: Bergstra et al. 2011; Optuna: Akiba et al. 2019 (arXiv 1907.10902).

    >>> from neverseen.algorithms._space import Range
    >>> sampler = Sampler({"rate": Range(0.1, 1.0)}, {"rate": 0.5}, seed=0)
    >>> sampler.ask(), sampler.tell(1.0), sampler.ask()["rate"] == 0.5
    ({'rate': 0.5}, None, False)
    """

    def __init__(self, space: Mapping[str, Setting], defaults: Settings, seed: int) -> None:
        self._optuna, self._space, self._defaults = optuna_here(), space, defaults
        self._inside, self._trial = all(each.holds(defaults[name]) for name, each in space.items()), None
        self._first = True
        quiet = self._optuna.logging.get_verbosity()
        self._optuna.logging.set_verbosity(self._optuna.logging.WARNING)
        try:
            sampler = self._optuna.samplers.TPESampler(seed=seed)
            self._study = self._optuna.create_study(direction="minimize", sampler=sampler)
        finally:
            self._optuna.logging.set_verbosity(quiet)
        if self._inside:
            self._study.enqueue_trial({name: _coded(each, defaults[name]) for name, each in space.items()})

    def ask(self) -> Settings:
        """The settings to try next."""
        if self._first and not self._inside:
            return dict(self._defaults)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it warns of what is experimental in itself
            self._trial = self._study.ask({name: self._distribution(each) for name, each in self._space.items()})
        if self._first:
            return dict(self._defaults)
        return {name: _decoded(each, self._trial.params[name]) for name, each in self._space.items()}

    def tell(self, value: float) -> None:
        """What came of them; inf is the worst there is."""
        self._first = False
        if self._trial is not None:
            self._study.tell(self._trial, value)
        self._trial = None

    def _distribution(self, setting: Setting) -> Any:
        """Options go by their place, so that those that rise are space as numbers are."""
        kinds = self._optuna.distributions
        if isinstance(setting, Choice):
            most = len(setting.options) - 1
            return kinds.IntDistribution(0, most) if setting.ordered else kinds.CategoricalDistribution(range(most + 1))
        kind = kinds.IntDistribution if setting.whole else kinds.FloatDistribution
        return kind(*setting.ends, log=setting.log)


def _coded(setting: Setting, value: Plain) -> Any:
    if not isinstance(setting, Choice):
        return value
    return next(place for place, option in enumerate(setting.options) if Choice((option,)).holds(value))


def _decoded(setting: Setting, value: Any) -> Plain:
    if isinstance(setting, Choice):
        return setting.options[value]
    return int(value) if setting.whole else float(value)


@dataclasses.dataclass(frozen=True)
class Study(Coded):
    """A study as its file has it.

    Args:
        question: what its values depend on.
        trials: those that are done.

    >>> Study.from_json(Study({"seed": 0}, ()).to_json()).question
    {'seed': 0}
    """

    question: dict[str, Any]
    trials: tuple[TuningTrial, ...]


class StudyFile:
    """Where a study's trials are kept: one file in a folder, written whole after each; or nowhere.

    Args:
        folder: None for nowhere.
        question: what the values depend on.

    Raises:
        ValueError: the folder cannot be read, or has the study of another question.

    >>> StudyFile(None, {}).trials
    []
    """

    def __init__(self, folder: str | os.PathLike[str] | None, question: dict[str, Any]) -> None:
        self._path = None if folder is None else Path(folder) / FILE
        self._question = question | {"optuna": importlib.metadata.version("optuna")}
        self._stored: dict[str, Any] = {}
        self.trials: list[TuningTrial] = []
        if self._path is not None:
            self._read(self._path)

    def _read(self, path: Path) -> None:
        try:
            study = Study.from_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return
        except (OSError, UnicodeError) as error:
            raise ValueError(f"folder: {path} cannot be read ({error}); give another folder") from None
        except ValueError as error:
            raise ValueError(f"folder: {path} is no study, {error}".partition("; ")[0] + "; give another") from None
        self._stored = study.question
        for name in self._question:
            self._compare(path, name)
        self.trials = list(study.trials)

    def depends_on(self, name: str, value: Any) -> None:
        """What else the values depend on, and is known later.

        Raises:
            ValueError: it is another in the file.
        """
        self._question |= {name: value}
        if self._path is not None and self._stored:
            self._compare(self._path, name)

    def _compare(self, path: Path, name: str) -> None:
        old, new = self._stored.get(name), self._question[name]
        if old != new:
            words = f"{name} is {_words(old)} there and {_words(new)} here"
            raise ValueError(f"folder: {path} has the study of another question ({words}); give another folder")

    def add(self, trial: TuningTrial) -> None:
        """Keep one more.

        Raises:
            ValueError: the file cannot be written.
        """
        self.trials.append(trial)
        if self._path is None:
            return
        try:
            write_whole(self._path, Study(self._question, tuple(self.trials)).to_json().encode())
        except OSError as error:
            raise ValueError(f"folder: {self._path} cannot be written ({error.strerror}); give another") from None

    def replay(self, number: int, settings: Settings) -> TuningTrial | None:
        """The trial of this number, where it is done.

        Raises:
            ValueError: the sampler asks for other settings now.
        """
        if number >= len(self.trials):
            return None
        if self.trials[number].settings != settings:
            raise ValueError(f"folder: {self._path} has another trial {number} than is asked here; give another folder")
        return self.trials[number]


def _words(value: Any) -> str:
    return " ".join(f"{value!r:.60}".split())
