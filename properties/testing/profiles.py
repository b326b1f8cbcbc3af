"""Hypothesis profiles for property tests of removers. Every field is set, so that none comes from elsewhere.

A profile inherits what it leaves out, and Hypothesis inherits from its own CI profile where it sees a CI. Load one with
`settings.load_profile("neverseen-ci")` or `pytest --hypothesis-profile=neverseen-ci`.
"""

import os
from pathlib import Path

from hypothesis import HealthCheck, Phase, Verbosity, settings
from hypothesis.database import DirectoryBasedExampleDatabase

from ...formal._public import dir_of as _dir_of

_KEPT = Path(os.environ.get("HYPOTHESIS_STORAGE_DIRECTORY", ".hypothesis"))

CI = settings(
    max_examples=20,
    derandomize=True,
    database=None,
    verbosity=Verbosity.normal,
    phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.target, Phase.shrink, Phase.explain),
    stateful_step_count=50,
    report_multiple_bugs=True,
    # Drawing may compile a JAX program: its wall-clock time says nothing about the strategy.
    suppress_health_check=(HealthCheck.too_slow,),
    deadline=None,
    print_blob=False,
    backend="hypothesis",
)
"""`neverseen-ci`: the same examples on every run, so that a false alarm comes with a release and not with a run."""

NIGHTLY = settings(
    CI,
    max_examples=100,
    derandomize=False,
    print_blob=True,
    database=DirectoryBasedExampleDatabase(_KEPT / "neverseen-nightly"),
)
"""`neverseen-nightly`: new examples, more of them, with a database of their own; a failure prints how to replay it."""

DEV = settings(
    CI, max_examples=10, derandomize=False, print_blob=True, database=DirectoryBasedExampleDatabase(_KEPT / "examples")
)
"""`neverseen-dev`: a few new examples, and failures first, from the usual local database."""

PROFILES = {"neverseen-ci": CI, "neverseen-nightly": NIGHTLY, "neverseen-dev": DEV}
"""Profiles by name; all are registered when this module is imported."""

for _name, _profile in PROFILES.items():
    settings.register_profile(_name, _profile)

__dir__ = _dir_of(__name__)
