"""Writes `docs/algorithms.md`, the table of where every rule comes from: `python benchmarks/algorithms_page.py`."""

import pathlib

from neverseen.algorithms.removers import REMOVERS
from neverseen.algorithms.removers._origins import table

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "algorithms.md"
HEAD = """# Rules beside their papers and their public code

Every remover that is not wrong on purpose. *From its rule*: the largest difference, in one hand-made case, from the
paper's rule derived anew in float64 (`tests/test_heuristic_steps.py`, `tests/test_heuristic_predictions.py`,
`tests/test_published_rules.py`); the tests hold it. *From the code*: what the authors' public code, or a transcript of
its rule, gave on the same weights and the same minibatches, when the two were laid side by side; no test repeats that,
since no code of others is part of this project. Where paper and code part, the paper is followed, and the last column
says how; "equal" is said of the rule of a step, not of schedules, sampling and defaults.

"""

if __name__ == "__main__":
    PAGE.write_text(HEAD + table(REMOVERS) + "\n", encoding="utf-8")
