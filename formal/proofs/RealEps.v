(* Real epsilon: gamma is a genuine exponential. This costs the three classical axioms of MathComp-Analysis. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.classical Require Import boolp classical_sets.
From mathcomp.analysis Require Import reals topology normedtype derive sequences exp.
From neverseen Require Import Closeness Chains Profiles Mixtures Worlds Requests.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Section RealEps.
Variables (R : realType) (T : finType).
Implicit Types (e d : R) (p q r : T -> R).

Definition indistinguishable e d p q := close (expR e) d p q.

(** T3 for real epsilon: epsilons add up. *)
Theorem T3_eps e1 e2 d1 d2 p q r : indistinguishable e1 d1 p q -> indistinguishable e2 d2 q r ->
  indistinguishable (e1 + e2) (Num.max (d1 + expR e1 * d2) (d2 + expR e2 * d1)) p r.
Proof. by move=> h k; rewrite /indistinguishable expRD; apply: T3 h k; apply/ltW/expR_gt0. Qed.

(** T5 for real epsilon: k steps cost k times epsilon. *)
Theorem T5_eps (k : nat) e d (a : nat -> T -> R) :
  (forall i, (i < k)%N -> indistinguishable e d (a i) (a i.+1)) ->
  indistinguishable (k%:R * e) (d * \sum_(i < k) expR e ^+ i) (a 0%N) (a k).
Proof. by move=> h; rewrite /indistinguishable expRMm; apply: T5_chain h; apply/ltW/expR_gt0. Qed.

(** T6a for real epsilon. *)
Theorem T6a_eps e d p q r : indistinguishable e d p r -> indistinguishable e d q r ->
  indistinguishable (e + e) ((1 + expR e) * d) p q.
Proof. by move=> h k; rewrite /indistinguishable expRD; apply: T6a h k; apply/ltW/expR_gt0. Qed.

(** T13b for real epsilon. *)
Theorem T13b_eps e d p q : law p -> law q -> indistinguishable e d p q ->
  tv p q <= (expR e - 1 + 2%:R * d) / (expR e + 1).
Proof.
move=> lp lq h; rewrite ler_pdivl_mulr; last by rewrite addr_gt0 ?expR_gt0 ?ltr01.
by apply: T13b h => //; apply/ltW/expR_gt0.
Qed.
End RealEps.

Section Logarithms.
Variable R : realType.
Implicit Types x y z t u v c : R.

Lemma expR_tangent x : 1 + x <= expR x.
Proof.
case: (leP 0 x) => [|x0]; first exact: expR_ge1Dx.
have der y : y \in `]x, 0[%R -> is_derive y 1 (@expR R) (expR y) by move=> _; apply: is_derive_expR.
have con : {within `[x, 0], continuous (@expR R)} by apply: continuous_subspaceT => z; apply: continuous_expR.
have [c] := MVT_segment (ltW x0) der con.
rewrite in_itv /= expR0 sub0r => /andP[_ c0] mean.
have c1 : expR c <= 1.
  by move: c0; rewrite le_eqVlt => /orP[/eqP->|]; [rewrite expR0 | rewrite -expR_lt1 => /ltW].
rewrite -ler_subr_addl -opprB ler_oppr mean.
by rewrite ler_pimull // oppr_ge0 ltW.
Qed.
End Logarithms.
