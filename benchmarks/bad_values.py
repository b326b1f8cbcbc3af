"""Nasty values, names and files: the grammar that bad inputs are drawn from (bad_inputs.py)."""

import os
import random
from pathlib import Path

import numpy as np
from safetensors.numpy import save_file

CHEAP = ["--scenario", "figure1", "--learner", "nearest_neighbour", "--store", "none"]


WORDS = [
    "",
    " ",
    "x",
    "1,5",
    "0x10",
    "1e",
    "--",
    "\x1b[31m",
    "\x07",
    "a\u202eb",
    "\ud800",
    "٣x",
    "None",
    "[1]",
    "1" * 5000,
    "a" * 100_000,
]
REALS = ["nan", "inf", "-inf", "1e400", "-1e400", "-1", "-5e-324"]
WHOLES = ["1.5", "nan", "inf", "1e3", "-1", str(-(2**63)), str(2**63), str(2**64), "9" * 400]

NUMBERS = {
    "epsilon": [*REALS, "1000", "701", "1e308"],
    "delta": [*REALS, "1", "2", "1e308"],
    "alpha": [*REALS, "0", "1", "2", "5e-324", "1e-310", "1e-400"],
    "beta": [*REALS, "0", "1", "2", "5e-324", "1e-310"],
    "tolerance": [*REALS, "0", "1", "0.95", "1e308"],
    "grain": [*REALS, "1e308", "1e4"],
    "budget": [*WHOLES, "0", "1", "30"],
    "seed": [*WHOLES, str(2**32)],
    "runs": [*WHOLES, "0"],
    "views": [*WHOLES, "0", str(10**9)],
    "workers": [*WHOLES, "0", "1000000"],
    "memory": ["-1", "1e9", "nan", "5 bananas", "-1B", "0", "1B"],
    "limit": ["-1", "1e9", "nan", "5 bananas", "1..5GB", "inf", "0x10"],
    "ratios": ["0", "2", "-1/2", "1/0", "nan", "1/8,,1/2", "1e400", "1e999999999", "1/", "9" * 5000, "1e-999999999"],
    "effect": ["shift", "shift=0", "shift=-1", "shift=nan", "shift=1e400", "share=2", "share=0", "share=nan", "none=1"],
    "definition": ["removal", "Untraining"],
    "level": ["rows", "Dataset"],
    "metrics": ["klim", ",", "klom,,", "klom"],
    "expect": ["=", "a=", "=b", "nothing", "purity=why"],
}
"""For each option texts that no command takes."""

CLAIM = ["epsilon", "delta", "definition"]
TERMS = ["alpha", "beta", "tolerance", "grain", "seed"]
COMMANDS: dict[str, tuple[list[str], list[str]]] = {
    "check": (["do_nothing", *CHEAP], [*CLAIM, *TERMS, "budget", "level", "metrics", "expect"]),
    "check-relative": (["do_nothing", *CHEAP], ["definition", "level", "alpha", "grain", "seed", "budget"]),
    "plan": ([], ["effect", "views", "budget", "epsilon", "delta", "alpha", "beta", "tolerance", "seed"]),
    "measure": (["do_nothing", *CHEAP], ["definition", "level", "runs", "seed", "grain"]),
    "sweep": (["do_nothing", *CHEAP], ["ratios", "epsilon", "delta", *TERMS, "budget"]),
    "suite": (["do_nothing", "--store", "none"], ["epsilon", "delta", "alpha", "budget", "seed", "expect"]),
    "compare": (["do_nothing", *CHEAP], ["definition", "level", "epsilon", "delta", *TERMS, "budget"]),
    "audit": (["good.npy", "good2.npy"], [*CLAIM, *TERMS]),
    "pool fill": (["--runs", "32", *CHEAP[:4], "--store", "kept"], ["seed", "runs", "workers", "memory", "limit"]),
    "pool prune": (["--store", "kept"], ["limit"]),
}
"""For each command the rest of a line that is right, and its options."""

SIZES = [
    "1.5",
    "nan",
    "1e10",
    "-1",
    str(2**63),
    str(2**64),
    str(10**30),
    "x",
    "None",
    "True",
    "[1]",
    "(1,2)",
    "{}",
    "''",
]
MAKERS: dict[str, dict[str, list[str]]] = {
    "blobs": {
        "rows": [*SIZES, "0", "10000000000", "1000000000"],
        "size": [*SIZES, "33"],
        "classes": [*SIZES, "0", "1", "1000000000"],
        "dims": [*SIZES, "0", "1000000000"],
        "separation": ["nan", "1e400", "-1", "1e308", "x", "None", "[1]", str(10**400)],
        "jitter": ["nan", "1e400", "-1", "1e308", "x", "None"],
        "copies": [*SIZES, "0"],
        "label": [*SIZES, "2"],
        "full": ["1.5", "-1", "x", "0", "33", str(2**64)],
        "seed": [*SIZES, str(2**32)],
        "forget": ["clas", "1", "None", "[]", "''", "a\u202eb", "random,random"],
    },
    "digits": {
        "rows": [*SIZES, "0", "1797", "10000000000"],
        "size": [*SIZES, "1025"],
        "copies": [*SIZES, "0"],
        "label": [*SIZES, "10"],
        "jitter": ["nan", "1e400", "-1", "1e308", "x", "None"],
        "seed": [*SIZES, str(2**32)],
    },
    "breast_cancer": {"rows": [*SIZES, "0", "569"], "size": [*SIZES, "449"], "label": [*SIZES, "2"], "seed": SIZES},
    "mixture": {
        "rows": [*SIZES, "0", "1", "10000000000", "1000000000"],
        "share": ["nan", "1e400", "0", "1", "-1", "x", "None", "[1]", str(10**400)],
        "size": [*SIZES, "33"],
        "separation": ["nan", "1e400", "-1", "1e308", "x", "None"],
        "seed": [*SIZES, str(2**32)],
    },
    "people": {
        "rows": [*SIZES, "0", "10000000000"],
        "size": [*SIZES, "17"],
        "full": [*SIZES[:-5], "33"],
        "others": [*SIZES, "16"],
        "length": [*SIZES, "47", "1025"],
        "seed": [*SIZES, str(2**32)],
    },
}
"""For each scenario and argument values that it must refuse."""

CALLS = """
import jax, jax.numpy as jnp, neverseen as ns

def bad(x):
    raise {}

@ns.remover
def f(key, trained, rows, forget):
    scalar = jax.ShapeDtypeStruct((), jnp.float32)
    x = jax.pure_callback(bad, scalar, rows.x.sum(), vmap_method="sequential")
    return jax.tree.map(lambda w: w + 0 * x, trained.params)
"""

USERS = {
    "quits": "import sys\nsys.exit(0)\n",
    "quits_three": "raise SystemExit(3)\n",
    "stops": "class Stop(KeyboardInterrupt): pass\nraise Stop\n",
    "gives_up": "raise BaseException('no')\n",
    "generator": "raise GeneratorExit\n",
    "divides": "1 / 0\n",
    "syntax": "def f(:\n",
    "indents": "if True:\nx = 1\n",
    "null": "x = 1\0\n",
    "recursion": "def f(): f()\nf()\n",
    "memory": "raise MemoryError\n",
    "imports": "import no_such_thing_at_all\n",
    "skips": "import pytest\npytest.importorskip('no_such_thing')\n",
    "unsayable": "class E(Exception):\n    def __str__(self): raise SystemExit(0)\nraise E\n",
    "long": "raise ValueError('a' * 100000)\n",
    "escapes": "raise ValueError('\\x1b[31m\\x07\\u202e\\n\\nTraceback of mine')\n",
    "empty": "",
    "needs": (
        "import neverseen as ns\n@ns.remover(needs=('moon',))\n"
        "def f(key, trained, rows, forget): return trained.params\n"
    ),
    "factory": "def f(): raise SystemExit(0)\n",
    "property": "class P:\n    @property\n    def f(self): raise SystemExit(1)\nf = P()\n",
    "getattr": "def __getattr__(name): raise SystemExit(0)\n",
    "word": "f = 'retrain'\n",
    "shown": "class P:\n    def __repr__(self): raise SystemExit(0)\nf = P()\n",
    "traced_exit": "import sys, neverseen as ns\n@ns.remover\ndef f(key, trained, rows, forget): sys.exit(0)\n",
    "traced_base": "import neverseen as ns\n@ns.remover\ndef f(key, trained, rows, forget): raise BaseException('x')\n",
    "traced_branch": (
        "import neverseen as ns\n@ns.remover\n"
        "def f(key, trained, rows, forget): return 1 if forget[0] else trained.params\n"
    ),
    "shape": "import neverseen as ns\n@ns.remover\ndef f(key, trained, rows, forget): return 0.0\n",
    "callback": CALLS.format("KeyError('deep')"),
    "callback_exit": CALLS.format("SystemExit(0)"),
}
"""Files of users: what is taken from them is `f`, and none of them works."""


def furnish(folder: Path, draw: random.Random) -> list[str]:
    """Write the nasty files into a folder; the names of those that hold no arrays."""
    for name, text in USERS.items():
        (folder / f"{name}.py").write_text(text, encoding="utf-8")
    (folder / "latin.py").write_bytes(b"x = '\xff'\n")
    rng = np.random.default_rng(0)
    np.save(folder / "good.npy", rng.normal(size=(80, 2)))
    np.save(folder / "good2.npy", rng.normal(size=(80, 2)))
    whole = {".npy": (folder / "good.npy").read_bytes()}
    np.savez(folder / "good.npz", a=np.arange(200.0))
    save_file({"a": np.arange(200.0)}, folder / "good.safetensors")
    whole |= {ending: (folder / f"good{ending}").read_bytes() for ending in (".npz", ".safetensors")}
    bad: list[str] = []
    for i in range(60):
        ending = draw.choice(list(whole))
        data = whole[ending]
        bad.append(f"cut{i}{ending}")
        (folder / bad[-1]).write_bytes(data[: draw.randrange(len(data) - 1)])
    for name, array in {
        "words": np.array(["x"] * 80),
        "complex": np.full(80, 1j),
        "scalar": np.float64(3.0),
        "none": np.zeros((0, 2)),
        "nan": np.full((80, 2), np.nan),
        "thin": np.zeros((80, 0)),
        "few": np.zeros((3, 2)),
        "wide": np.zeros((80, 3)),
        "times": np.zeros(80, "M8[s]"),
        "void": np.zeros(80, "V3"),
    }.items():
        np.save(folder / f"{name}.npy", array)
        bad.append(f"{name}.npy")
    np.save(folder / "objects.npy", np.array([{}, None]), allow_pickle=True)
    (folder / "pickle.npy").write_bytes(b"\x80\x04]\x94.")
    (folder / "empty.npy").write_bytes(b"")
    (folder / "text.npz").write_text("x,y\n1,2\n", encoding="utf-8")
    (folder / "header.safetensors").write_bytes(b"\xff" * 64)
    (folder / "claims.npy").write_bytes(whole[".npy"].replace(b"(80, 2)", b"(80, 99999999)"[:7]))
    (folder / "nothing").mkdir()
    (folder / "folders").mkdir()
    (folder / "folders" / "a.npy").mkdir()
    for name in ("pipe.npy", "pipe.py"):
        os.mkfifo(folder / name)
    (folder / "pipes").mkdir()
    os.mkfifo(folder / "pipes" / "a.npy")
    (folder / "loop.npy").symlink_to("loop.npy")
    names = ["objects.npy", "pickle.npy", "empty.npy", "text.npz", "header.safetensors", "nothing", "folders"]
    return [
        *bad,
        *names,
        "pipe.npy",
        "pipes",
        "loop.npy",
        "missing.npy",
        "/dev/zero",
        "/dev/full",
        "a" * 300,
        "",
        "a\0b",
        "\ud800",
    ]
