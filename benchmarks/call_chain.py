"""What one `ns.check` walks through: files, functions and the deepest stack of this library's own frames.

`python benchmarks/call_chain.py` prints the three figures of a check of `finetune` on an `mlp` in `digits`, 64 pairs at
most, everything already imported; lambdas and comprehensions count as functions. `--files` names the files.
"""

import collections
import sys
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import neverseen as ns

LIBRARY = str(Path(ns.__file__).parent)
ROOMS = tuple(str((Path(ns.__file__).parent / room).resolve()) for room in ("formal", "algorithms", "properties"))


def ours(code: CodeType) -> bool:
    return code.co_filename.startswith((LIBRARY, *ROOMS))


def main(given: list[str]) -> int:
    functions: set[CodeType] = set()
    deepest: list[str] = []

    def watch(frame: FrameType, event: str, _: Any) -> None:
        nonlocal deepest
        if event != "call" or not ours(frame.f_code):
            return
        functions.add(frame.f_code)
        stack: list[str] = []
        at: FrameType | None = frame
        while at is not None:
            if ours(at.f_code):
                stack.append(at.f_code.co_name)
            at = at.f_back
        deepest = max(deepest, stack[::-1], key=len)

    subject = ns.removers.finetune(), ns.learners.mlp(), ns.scenarios.digits(rows=64)
    ns.check(ns.Untraining(1.0, 0.05), *subject, budget=64)  # imports and caches
    sys.setprofile(watch)
    ns.check(ns.Untraining(1.0, 0.05), *subject, budget=64)
    sys.setprofile(None)
    files = collections.Counter(code.co_filename for code in functions)
    print(f"{len(files)} files, {len(functions)} functions, {len(deepest)} deep: {' → '.join(deepest)}")
    if "--files" in given:
        print("\n".join(f"{count:4} {Path(name).name}" for name, count in files.most_common()))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
