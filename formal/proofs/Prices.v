(* What the triangle inequality and post-processing say of removers: prices in total variation. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness Coins Chains Mixtures.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Prices.
Variables (R : realFieldType) (T U : finType).
Implicit Types (p r s f u v e : T -> R).

(** T1. The two notions differ by tau at most. *)
Theorem T1_apart u s f : `|tv u s - tv u f| <= tv s f.
Proof.
rewrite ler_norml; apply/andP; split.
  by rewrite ler_oppl opprB ler_subl_addr addrC; apply: tv_triangle.
by rewrite ler_subl_addr addrC [tv s f]tv_sym; apply: tv_triangle.
Qed.

(** T6b. Untraining must heed which rows were named. *)
Theorem T6b_apart u v p r : tv p r - tv u p - tv v r <= tv u v.
Proof.
rewrite !ler_subl_addr; apply: le_trans (tv_triangle p u r) _.
rewrite [tv p u]tv_sym addrC ler_add2r; exact: tv_triangle.
Qed.

(** T15. Where the behaviour is everything, nothing of D may remain. *)
Theorem T15_all u v e : tv u v <= 2%:R * Num.max (tv u e) (tv v e).
Proof. by rewrite [tv u e]tv_sym [tv v e]tv_sym; apply: T8a. Qed.

(** T24. In which order requests are served matters no more than their errors. *)
Theorem T24_apart u v p : tv u v <= tv u p + tv v p.
Proof. by rewrite [tv v p]tv_sym; apply: tv_triangle. Qed.

(** T7a. The last call repairs nothing of the ones before, and adds its own error. *)
Theorem T7a_call (K : T -> U -> R) u p (r : U -> R) : kernel K -> law u -> law p ->
  tv (push u K) r <= tv u p + tv (push p K) r.
Proof.
move=> k lu lp; apply: le_trans (tv_triangle _ (push p K) _) _; rewrite ler_add2r.
by rewrite !tv_hs //; [apply: T13a | apply: push_law | apply: push_law].
Qed.
End Prices.
