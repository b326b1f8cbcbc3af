"""Published algorithms and the notion each aims at: what its papers run it for, not what it achieves.

`2604.07962` marks a notion that follows from that paper's mapping of the settings in which it cites the work;
the rest is our reading.
"""

from __future__ import annotations

from ._entries import Entry, by_id

_CERTIFIED = "Its guarantee compares with training without S."
_STEP = "It corrects the weights for the rows of S."
_RELABEL = "It drives S away from its class: a removed class, not rows that retraining would still get right."

ALGORITHMS = by_id(
    (
        Entry("retrain", "retrain without S", "untraining",
              "It is A(D∖S): exact untraining, and unlearning only when S = S_full (T1).",
              ("cao2015",), "2604.07962"),
        Entry("sisa", "SISA", "untraining", "It retrains the shards that held S, exactly, against SISA training.",
              ("bourtoule2021",), "2604.07962"),
        Entry("dare", "DaRE forests", "untraining", "It rebuilds the subtrees that S touched.", ("brophy2021",)),
        Entry("finetune", "fine-tuning on the retained rows", "untraining",
              "It moves toward a minimiser on D∖S and keeps what D∖S teaches.", ("golatkar2020a",), "2604.07962"),
        Entry("cf-k", "CF-k and EU-k, last layers only", "untraining",
              "As fine-tuning or retraining on D∖S, for the last k layers.", ("goel2022",), "2604.07962"),
        Entry("neggrad", "NegGrad, gradient ascent on S", "untraining",
              "It raises the loss on S; used to remove named points.", ("golatkar2020a", "jang2023"),
              "2604.07962"),
        Entry("neggrad-plus", "NegGrad+", "both", "Ascent on S with descent on D∖S; run for points and classes.",
              ("kurmanji2023",), "2604.07962"),
        Entry("scrub", "SCRUB", "both", "A student leaves its teacher on S and follows it elsewhere; run for "
              "points and classes.", ("kurmanji2023",), "2604.07962"),
        Entry("random-label", "random labels on S", "unlearning", _RELABEL, ("golatkar2020a", "graves2021")),
        Entry("amnesiac", "amnesiac unlearning", "untraining", "It takes back the updates of batches that held S.",
              ("graves2021",)),
        Entry("bad-teacher", "incompetent teacher", "unlearning", _RELABEL, ("chundawat2023",)),
        Entry("salun", "SalUn", "unlearning",
              "Published for classes and concepts; benchmarks also run it on random rows, which is untraining.",
              ("fan2024",), "2604.07962"),
        Entry("l1-sparse", "ℓ1-sparse fine-tuning", "untraining", "Fine-tuning on D∖S with a sparsity penalty.",
              ("jia2023",)),
        Entry("ssd", "selective synaptic dampening", "unlearning",
              "It dampens weights that matter for S more than for D: a class has such weights, random rows do not.",
              ("foster2024",)),
        Entry("fisher", "Fisher forgetting", "both",
              "Noise where D∖S does not care; its bound is for S, its experiments for classes too.",
              ("golatkar2020a",), "2604.07962"),
        Entry("influence", "influence functions, projective residual update", "untraining", _STEP,
              ("koh2017", "izzo2021")),
        Entry("newton", "Newton removal", "untraining", _CERTIFIED, ("guo2020",)),
        Entry("newton-noise", "Newton step and noise", "untraining", _CERTIFIED, ("sekhari2021",), "2604.07962"),
        Entry("deltagrad", "DeltaGrad", "untraining", "It replays training without S from cached gradients.",
              ("wu2020",)),
        Entry("descent-to-delete", "Descent-to-Delete", "untraining", _CERTIFIED, ("neel2021",), "2604.07962"),
        Entry("rewind-to-delete", "Rewind-to-Delete", "untraining", _CERTIFIED, ("mu2024",)),
        Entry("langevin", "Langevin unlearning", "untraining", _CERTIFIED, ("chien2024",)),
        Entry("noisy-finetune", "noisy fine-tuning", "untraining", _CERTIFIED, ("koloskova2025",)),
        Entry("unsir", "UNSIR", "unlearning", "It impairs a class by learnt noise, then repairs the rest.",
              ("tarun2021",)),
        Entry("boundary-shrink", "boundary shrinking", "unlearning", _RELABEL, ("chen2023",)),
        Entry("gradient-difference", "gradient difference", "both",
              "Ascent on S with descent on D∖S; run on tasks, and on texts about a person.",
              ("liu2022continual", "maini2024")),
        Entry("npo", "NPO, negative preference optimisation", "both",
              "Bounded ascent on texts, which stand for themselves or for what they tell.", ("zhang2024npo",)),
        Entry("simnpo", "SimNPO", "both", "As NPO, by length and without a reference model.",
              ("fan2024simplicity",)),
        Entry("kl-minimisation", "KL minimisation", "both",
              "Ascent on S beside the original's outputs on D∖S; run on texts about a person.", ("maini2024",)),
        Entry("wga", "WGA, weighted gradient ascent", "both",
              "Ascent on texts, token by token, that fades with their probability.", ("wang2025",)),
        Entry("undial", "UNDIAL, self-distillation to adjusted logits", "both",
              "S's tokens lose odds, texts for themselves or for what they tell; D∖S is not looked at.", ("dong2025",)),
        Entry("delete", "DELETE, decoupled distillation", "unlearning",
              "On a class it keeps the original's outputs but for that class.", ("zhou2025",)),
        Entry("ce-u", "CE-U, cross-entropy unlearning", "unlearning",
              "S's label leaves the model's own outputs, whatever else would predict it.", ("yang2025",)),
        Entry("rmu", "RMU", "unlearning", "It scrambles one layer's activations on a kind of text.",
              ("li2024",), "2604.07962"),
        Entry("concept-editing", "ESD and UCE, concept erasure and editing", "unlearning",
              "They edit what a concept's name evokes.", ("gandikota2023", "gandikota2024")),
        Entry("rum", "RUM, refined unlearning", "untraining",
              "It splits S by how much its rows are memorised, and treats each part by itself.", ("zhao2024",)),
        Entry("masked-small-gradients", "MSG, masked small gradients", "untraining",
              "A challenge recipe for named points: weights of small gradient anew, then fine-tuning on D∖S.",
              ("cadet2024",)),
        Entry("convolution-transpose", "CT, convolution transpose", "untraining",
              "A challenge recipe for named points: kernels transposed, then fine-tuning on D∖S.", ("cadet2024",)),
        Entry("forgetting-networks", "forgetting neural networks", "unlearning",
              "Units fade by how much S activates them: what S shares with its kind fades too.", ("hatua2024",)),
    )
)  # fmt: skip
"""Id → algorithm."""
