(* The two definitions in the form of error trade-offs (Dong, Roth & Su 2022, arXiv 1905.02383). *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Tradeoff.
Variables (R : realFieldType) (T : finType).
Implicit Types (p q : T -> R) (g d a : R) (f : R -> R).

(* Whoever says p on the event E errs with q(E) and with p(not E): the second is at least f of the first. *)
Definition trades f p q := forall E : {set T}, f (pr E q) <= pr (~: E) p.
Definition curve g d a := Num.max 0 (Num.max (1 - d - g * a) (g^-1 * (1 - d - a))).

(** The (gamma, delta) form is one trade-off curve, which holds both directions. *)
Theorem closeness_is_a_tradeoff g d p q : 0 < g -> law p -> law q ->
  close g d p q <-> trades (curve g d) p q.
Proof.
move=> g0 lp lq; split=> h E; last first.
  have one := h E; have two := h (~: E); move: one two; rewrite /curve !le_maxl => /and3P[_ a _] /and3P[_ _ b].
  move: a b; rewrite setCK [g^-1 * _]mulrC ler_pdivr_mulr // !pr_compl // => a b; split; rewrite -subr_ge0.
    have -> : g * pr E q + d - pr E p = 1 - pr E p - (1 - d - g * pr E q) by ring.
    by rewrite subr_ge0.
  have -> : g * pr E p + d - pr E q = pr E p * g - (1 - d - (1 - pr E q)) by ring.
  by rewrite subr_ge0.
have [one _] := h E; have [_ two] := h (~: E); move: two; rewrite !pr_compl // => two.
rewrite /curve !le_maxl [g^-1 * _]mulrC ler_pdivr_mulr // subr_ge0 pr_le1 //=.
apply/andP; split; rewrite -subr_ge0.
  have -> : 1 - pr E p - (1 - d - g * pr E q) = g * pr E q + d - pr E p by ring.
  by rewrite subr_ge0.
have -> : (1 - pr E p) * g - (1 - d - pr E q) = g * (1 - pr E p) + d - (1 - pr E q) by ring.
by rewrite subr_ge0.
Qed.
End Tradeoff.
