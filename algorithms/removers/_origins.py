"""Where each remover comes from, and how far it is from its paper's rule and from its authors' public code."""

import dataclasses
import re
from collections.abc import Callable, Mapping
from typing import Any


@dataclasses.dataclass(frozen=True)
class Origin:
    """Who published a rule, and what a comparison with it gave. Numbers are of float64.

    Args:
        paper: author and year; "ours" where nobody published it.
        code: the public code, owner/name; "" where there is none of the authors'.
        difference: the largest difference of hand-made cases from the paper's rule, derived anew, as measured once; a
            test computes it. None where the rule is not compared so.
        measured: what the authors' code gave on the same weights and minibatches; "" where it was not run.

    >>> Origin("Cao & Yang 2015").code
    ''
    """

    paper: str
    code: str = ""
    difference: float | None = None
    measured: str = ""


_SPARSE, _TOFU = "OPTML-Group/Unlearn-Sparse", "locuslab/open-unlearning"

ORIGINS: Mapping[str, Origin] = {
    "dare": Origin("Brophy & Lowd 2021", "jjbrophy47/dare_rf", None, "read, not run"),
    "retrain": Origin("Cao & Yang 2015"),
    "retrain_full": Origin("ours"),
    "sisa_removal": Origin("Bourtoule et al. 2021", "cleverhans-lab/machine-unlearning", None, "not run"),
    "stream_moments": Origin("ours"),
    "stream_ridge": Origin("ours"),
    "descent_to_delete": Origin("Neel et al. 2021"),
    "langevin_unlearning": Origin("Chien et al. 2024", "Graph-COM/Langevin_unlearning", 6e-17, "1e-16, noise off"),
    "newton_noise": Origin("Sekhari et al. 2021"),
    "newton_removal": Origin("Guo et al. 2020", "facebookresearch/certified-removal", 3e-18, "7e-18, penalty fixed"),
    "noisy_finetuning": Origin(
        "Koloskova et al. 2025", "stair-lab/certified-unlearning-neural-networks-icml-2025", 3e-18, "6e-17"
    ),
    "rewind_to_delete": Origin("Mu & Klabjan 2024"),
    "deltagrad": Origin("Wu et al. 2020", "wuyinjun-1993/DeltaGrad", 3e-17, "7e-15 of Bv"),
    "fisher_forgetting": Origin("Golatkar et al. 2020", "AdityaGolatkar/SelectiveForgetting", 1e-16, "exponent ½"),
    "influence": Origin("Koh & Liang 2017", "zleizzo/datadeletion", 1e-17, "9e-16"),
    "newton": Origin("Guo et al. 2020", "zleizzo/datadeletion", 1e-16, "9e-16"),
    "projective_residual": Origin("Izzo et al. 2021", "zleizzo/datadeletion", 1e-16, "9e-16"),
    "stream_online": Origin("ours"),
    "stream_quadratic": Origin("ours"),
    "noisy": Origin("ours"),
    "sequence": Origin("ours"),
    "with_neighbours": Origin("ours"),
    "amnesiac": Origin("Graves et al. 2021", "lmgraves/AmnesiacML", 3e-17, "4e-16"),
    "bad_teacher": Origin("Chundawat et al. 2023", "vikram2000b/bad-teaching-unlearning", 3e-17, "4e-16 after × C"),
    "cf_k": Origin("Goel et al. 2022", "shash42/Evaluating-Inexact-Unlearning", 1e-16, "6e-17"),
    "convolution_transpose": Origin("Cadet et al. 2024", "xcadet/deepunlearn", 1e-17, "kernels equal"),
    "do_nothing": Origin("ours"),
    "eu_k": Origin("Goel et al. 2022", "shash42/Evaluating-Inexact-Unlearning", 6e-17, "2e-16"),
    "finetune": Origin("Golatkar et al. 2020", "", 3e-17),
    "forgetting": Origin("ours, after Hatua et al. 2024"),
    "gradient_difference": Origin("Liu et al. 2022", _TOFU, 1e-16, "6e-17 for classifiers"),
    "l1_sparse": Origin("Jia et al. 2023", _SPARSE, 3e-17, "5e-4"),
    "masked_small_gradients": Origin("Cadet et al. 2024", "xcadet/deepunlearn", 3e-17, "6e-17, mask equal"),
    "neg_grad": Origin("Golatkar et al. 2020", _TOFU, 1e-16, "6e-17 for classifiers"),
    "neg_grad_plus": Origin("Kurmanji et al. 2023", "meghdadk/SCRUB", 6e-17, "1e-16"),
    "npo": Origin("Zhang et al. 2024", "licong-lin/negative-preference-optimization", 1e-16, "1e-16"),
    "random_label": Origin("Golatkar et al. 2020", "OPTML-Group/Unlearn-Saliency", 0.0, "1e-16 in turn"),
    "rum": Origin("Zhao et al. 2024", "kairanzhao/RUM", None, "not run"),
    "salun": Origin("Fan et al. 2024", "OPTML-Group/Unlearn-Saliency", 0.0, "mask off by one weight at some shares"),
    "scrub": Origin("Kurmanji et al. 2023", "meghdadk/SCRUB", 2e-16, "2e-16 under SGD"),
    "simnpo": Origin("Fan et al. 2024 (SimNPO)", "OPTML-Group/Unlearn-Simple", 6e-17, "1e-16 at γ = 0"),
    "ssd": Origin("Foster et al. 2024", "if-loops/selective-synaptic-dampening", 0.0, "3e-16 at batches of one row"),
    "ce_u": Origin("Yang 2025", _TOFU, 1e-16, "read, not run"),
    "delete": Origin("Zhou et al. 2025", "shaaaaron/DELETE", 2e-16, "read, not run"),
    "kl_minimisation": Origin("Maini et al. 2024", "locuslab/tofu", 4e-16, "read, not run"),
    "undial": Origin("Dong et al. 2025", _TOFU, 1e-16, "read, not run"),
    "wga": Origin("Wang et al. 2025", "tmlr-group/G-effect", 6e-17, "read, not run"),
    "boundary_shrink": Origin("Chen et al. 2023", "TY-LEE-KR/Boundary-Unlearning-Code", 0.0, "6e-17 given labels"),
    "distributional": Origin("ours"),
    "rmu": Origin("Li et al. 2024, times 1/h", _TOFU, 0.0, "1e-16"),
    "uce": Origin("Gandikota et al. 2024", "rohitgandikota/unified-concept-editing", 4e-16, "4e-15"),
    "unsir": Origin("Tarun et al. 2021", "vikram2000b/Fast-Machine-Unlearning", 4e-16, "noise equal"),
}  # fmt: skip
"""Of every remover that is not wrong on purpose, by name."""


def departure(make: Callable[..., Any]) -> str:
    """What a factory's docstring says of the authors' public code; "" where it says nothing.

    >>> import neverseen as ns
    >>> departure(ns.removers.simnpo)
    'its γ stands inside, β(ℓ − γ), so that its γ is margin = βγ here'
    >>> departure(ns.removers.npo)
    ''
    """
    text = " ".join((make.__doc__ or "").split())
    found = re.search(r"Differs from the public code: ([^.]+)\.", text)
    return found.group(1) if found else ""


def table(factories: Mapping[str, Callable[..., Any]]) -> str:
    """Of every rule: its paper, its public code, how far it is from both, and where it parts from the code; Markdown.

    Args:
        factories: of removers, by name.

    >>> import neverseen as ns
    >>> table({"npo": ns.removers.npo}).splitlines()[-1].count("|")
    7
    """
    head = ("remover", "paper", "from its rule", "public code", "from the code", "where they part")
    lines = [f"| {' | '.join(head)} |", "|-" * len(head) + "|"]
    for name in sorted(ORIGINS.keys() & factories.keys()):
        origin, said = ORIGINS[name], departure(factories[name]).replace("|", "\\|")
        near = "not compared" if origin.difference is None else f"{origin.difference:.0g}"
        code = f"`{origin.code}`" if origin.code else "none"
        part = (said or ("not known" if origin.measured == "not run" else "equal")) if origin.code else "–"
        lines.append(f"| `{name}` | {origin.paper} | {near} | {code} | {origin.measured or '–'} | {part} |")
    return "\n".join(lines)
