"""Problem settings and the notion they belong to, as mapped by Triantafillou et al. 2026 (arXiv 2604.07962)."""

from __future__ import annotations

from ._entries import Entry, by_id

SETTINGS = by_id(
    (
        Entry(
            "privacy",
            "privacy, deletion requests",
            "untraining",
            "A person asks that their own rows leave no trace; what others' rows teach may stay.",
            ("neel2021", "sekhari2021", "golatkar2020a", "golatkar2020b", "bourtoule2021", "thudi2022"),
            "2604.07962",
        ),
        Entry(
            "mislabelled",
            "mislabelled, outdated, noisy points",
            "untraining",
            "The bad rows are known one by one, and what was learnt from them alone is to go.",
            ("kurmanji2023", "goel2022"),
            "2604.07962",
        ),
        Entry(
            "specific-points",
            "specific points of language models or of diffusion models",
            "untraining",
            "Named texts or images are to be as if never trained on; their kind may remain.",
            ("jang2023", "barbulescu2024", "alberti2025"),
            "2604.07962",
        ),
        Entry(
            "dangerous-knowledge",
            "dangerous knowledge or capabilities",
            "unlearning",
            "The examples sample a capability, and the capability is to go.",
            ("li2024", "liu2024", "lynch2024"),
            "2604.07962",
        ),
        Entry(
            "backdoors",
            "backdoors",
            "unlearning",
            "The trigger must fail on inputs that were never named.",
            ("liu2022",),
            "2604.07962",
        ),
        Entry(
            "concepts",
            'concepts such as "not safe for work"',
            "unlearning",
            "The images stand for a concept that is to be removed as a whole.",
            ("fan2024", "zhang2024forgetmenot"),
            "2604.07962",
        ),
        Entry(
            "corrective",
            "corrective: poison only partly discovered",
            "unlearning",
            "The rows found are a part of the poison, and all of its effect is to go.",
            ("goel2024", "schoepf2024", "schoepf2025"),
            "2604.07962",
        ),
        Entry(
            "artistic-style",
            "artistic style",
            "unlearning",
            "The pictures given sample a style; pictures in that style that were not given count too.",
            ("fan2024", "zhang2024unlearncanvas"),
            "2604.07962",
        ),
        Entry(
            "classes",
            "classes",
            "unlearning",
            "A class is a behaviour. Mostly done by untraining, because S_full is known and the two coincide (T1).",
            ("golatkar2020a", "kurmanji2023", "shah2023"),
            "2604.07962",
        ),
        Entry(
            "few-shot",
            "few-shot: S much smaller than S_full",
            "unlearning",
            "A few examples stand for the whole behaviour.",
            ("yoon2024", "demin2024"),
            "2604.07962",
        ),
    )
)
"""Id → setting: every row and every citation of the paper's mapping."""

TOPICS = by_id(
    (
        Entry(
            "definition-variants",
            "variants of (ε, δ)-unlearning",
            "untraining",
            "They compare with retraining without S; they differ in what U is given and in who chooses requests.",
            ("neel2021", "sekhari2021", "gupta2021"),
            "2604.07962",
        ),
        Entry(
            "definition-evaluation",
            "evaluation of (ε, δ)-unlearning",
            "untraining",
            "They estimate how well the removed model is told from a retrain without S.",
            ("triantafillou2024", "hayes2024", "kurmanji2023", "pawelczyk2023"),
            "2604.07962",
        ),
        Entry(
            "delete-or-suppress",
            "deleting versus suppressing",
            "both",
            "An axis of its own: whether knowledge is gone or only hidden can be asked of either notion.",
            ("hu2024", "deeb2024", "siddiqui2025", "che2025"),
            "2604.07962",
        ),
    )
)
"""Id → topic that the paper places without calling it a setting."""
