"""Every faulty remover, its known violation, an oracle's pairs and the check's: `python benchmarks/faulty.py [names]`.

θ in closed form, or Clopper–Pearson's lower bound at 10⁻⁶ from 10 240 pairs. The oracle bets on its event alone, in
the right direction, with the best fixed stake, at α = 10⁻⁴: its pairs are the median over 20 sequences. `ns.check` has
512 pairs and five root seeds; each must refute within three times the oracle's pairs, and 500. Without names it writes
`benchmarks/faulty.json`.
"""

import json
import pathlib
import sys
import time
from typing import Any

import numpy as np

import neverseen as ns
from neverseen.properties.selftest._faults import FAULTS, GRAIN, Fault, oracle_events
from neverseen.properties.selftest._oracles import best_stake, lower_theta, stopping_times, wins

ALPHA, SEQUENCES, SAMPLE, ROOTS, BUDGET = 1e-4, 20, 10240, 5, 512
ORACLE_SEED = 10_001


def known(fault: Fault) -> dict[str, Any]:
    """θ, how it is known, and the oracle's pairs."""
    oracle, epsilon = fault.oracle, fault.definition.epsilon
    length = 32 * -(-max(96, 3 * fault.pairs) // 32)
    pairs = SEQUENCES * length if oracle.chances else SAMPLE
    x, y = oracle_events(fault, fault.remover, pairs, ORACLE_SEED)
    won = wins(x, y, fault.definition, oracle.forward)
    times = stopping_times(won.reshape(SEQUENCES, -1), best_stake(won, fault.definition), ALPHA)
    theta = oracle.theta(epsilon) if oracle.chances else lower_theta(x, y, epsilon, oracle.forward)
    return {
        "theta": round(theta, 4),
        "how": "closed form" if oracle.chances else f"{pairs} pairs, Clopper-Pearson at 1e-6",
        "event frequencies (removed, reference)": [round(float(arm.mean()), 4) for arm in (x, y)],
        "oracle pairs, median": float(np.median(times)),
        "oracle pairs, worst": float(times.max()),
    }


def judged(fault: Fault) -> dict[str, Any]:
    """What `ns.check` says of it from several roots."""
    runs = [
        ns.check(
            fault.definition, fault.remover, fault.learner, fault.scenario,
            budget=BUDGET, alpha=ALPHA, seed=seed, grain=GRAIN,
        )
        for seed in range(ROOTS)
    ]  # fmt: skip
    return {
        "status": sorted({v.status.name for v in runs}),
        "route": sorted({v.route.value for v in runs}),
        "pairs, median": float(np.median([v.pairs for v in runs])),
        "pairs, worst": max(v.pairs for v in runs),
        "witness": runs[0].witness.event,
    }


def row(fault: Fault) -> dict[str, Any]:
    """One line of the table."""
    theory, found = known(fault), judged(fault)
    allowed = min(3 * theory["oracle pairs, median"], 500)
    return {
        "scenario": f"{fault.learner} on {fault.scenario}",
        "claim": f"{fault.definition.id} ({fault.definition.epsilon:g}, {fault.definition.delta:g})",
        "event": f"{fault.oracle.view}: {fault.oracle.event}",
        "committed theta": fault.theta,
        "committed oracle pairs": fault.pairs,
        **theory,
        "check": found,
        "allowed": allowed,
        "within": found["status"] == ["REFUTED"] and found["pairs, worst"] <= allowed,
    }


def main() -> None:
    """Measure the cases named, or all of them; in the second case write the table."""
    started = time.perf_counter()
    names = sys.argv[1:] or list(FAULTS)
    table = {}
    for name in names:
        table[name] = made = row(FAULTS[name]())
        found = made["check"]
        print(
            f"{name:24s} theta {made['theta']:.3f}  oracle {made['oracle pairs, median']:5.1f}  check "
            f"{found['pairs, median']:5.0f} (worst {found['pairs, worst']}, allowed {made['allowed']:.0f})  "
            f"{'/'.join(found['status'])}{'' if made['within'] else '  NOT WITHIN'}",
            flush=True,
        )
    missed = [name for name, made in table.items() if not made["within"]]
    seconds = round(time.perf_counter() - started, 1)
    print(f"{len(table)} faults, {len(table) - len(missed)} within; missed: {', '.join(missed) or 'none'}; {seconds} s")
    if len(sys.argv) == 1:
        results = {"faults": table, "missed": missed, "seconds": seconds}
        pathlib.Path(__file__).with_suffix(".json").write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
