"""PyTorch models trained by a plain loop, against both definitions: `python benchmarks/pytorch_runs.py [commands]`.

An MLP and a small CNN with BatchNorm on digits (`tests/stages/pytorch.py`, whose loop and removers these are): doing
nothing, fine-tuning for an epoch on what is left, and a retrain with other seeds; by function, in this process. With
`commands`, the MLP's also by command: a process for each run. Needs `pip install -e '.[torch]'`. Verdicts found in
pytorch_runs.json are kept; each is written as it is there.
"""

import ast
import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "tests" / "stages")]

import pytorch as stage  # noqa: E402
import torch  # noqa: E402

import neverseen as ns  # noqa: E402

OUT = Path(__file__).with_suffix(".json")
DEFINITIONS = (ns.Untraining(1.0, 0.05), ns.Unlearning(1.0, 0.05))
WANTED = {"nothing": "REFUTED", "finetune": "REFUTED", "retrain": "SATISFIED"}
SCRIPT = """
import sys
sys.path[:0] = {path!r}
import numpy as np
import pytorch as stage
arm, seed, out = sys.argv[1:]
np.savez(out, **stage.program(stage.{make}, {remove!r}, {notion!r})(arm, int(seed)))
"""


def lines_of(path: Path, *names: str) -> int:
    """Lines of some functions of a file, docstrings apart: what a user writes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name in names]
    return sum(len(ast.unparse(node).splitlines()) - (ast.get_docstring(node) is not None) for node in found)


def asked(make: Any, remove: str, definition: Any, by: str, folder: str) -> tuple[Any, dict[str, Any]]:
    """The program, and how it is run."""
    if by == "function":
        return stage.program(make, remove, definition.name), {}
    script = Path(folder, "train.py")
    path = [str(ROOT / "tests" / "stages"), *sys.path]
    script.write_text(SCRIPT.format(path=path, make=make.__name__, remove=remove, notion=definition.name))
    return f"{sys.executable} {script} {{arm}} {{seed}} {{out}}", {"folder": str(Path(folder, "runs")), "workers": 2}


def row(make: Any, remove: str, definition: Any, by: str) -> dict[str, Any]:
    """One verdict."""
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        program, options = asked(make, remove, definition, by, folder)
        verdict = ns.check_program(definition, program, **options, **stage.FAST)
    asked_of = {"model": make.__name__, "definition": definition.name, "remover": remove, "by": by}
    found = {"verdict": verdict.status.name, "wanted": WANTED[remove], "pairs": verdict.pairs}
    drawn = verdict.provenance["pairs_read"]
    return asked_of | found | {"pairs drawn": drawn, "seconds": round(time.perf_counter() - started, 1)}


def main() -> None:
    """Every verdict that pytorch_runs.json lacks, written there one by one."""
    cells = [(make, remove, definition, "function") for make in (stage.mlp, stage.cnn) for definition in DEFINITIONS
             for remove in WANTED]  # fmt: skip
    if "commands" in sys.argv[1:]:
        cells += [(stage.mlp, remove, definition, "command") for remove in WANTED for definition in DEFINITIONS]
    rows: list[dict[str, Any]] = json.loads(OUT.read_text(encoding="utf-8"))["rows"] if OUT.exists() else []
    example = ROOT / "docs" / "examples" / "pytorch_loop.py"
    about = {"torch": torch.__version__, "terms": stage.FAST, "the loop's lines": lines_of(example, "train"),
             "lines for the check": lines_of(example, "run", "check")}  # fmt: skip
    for make, remove, definition, by in cells:
        named = {"model": make.__name__, "definition": definition.name, "remover": remove, "by": by}
        if any(named.items() <= each.items() for each in rows):
            continue
        rows.append(row(make, remove, definition, by))
        print(rows[-1], flush=True)
        OUT.write_text(json.dumps(about | {"rows": rows}, indent=1) + "\n", encoding="utf-8")
    print("all as wanted:", all(each["verdict"] == each["wanted"] for each in rows))


if __name__ == "__main__":
    main()
