(* Requests that depend on what was published (the setting of Gupta et al. 2021, arXiv 2106.04378); the example is ours. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness Coins Mixtures Worlds.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Adaptive.
Variables (R : realFieldType) (X T : finType) (A : learner R X T) (U : remover R X T).
(* The request is chosen from the first published model; both models are seen. *)
Variable request : T -> {set X}.
Definition served_adaptively D (mm : T * T) := A D mm.1 * U mm.1 (request mm.1) D mm.2.
Definition retrained_adaptively D (mm : T * T) := A D mm.1 * A (D :\: request mm.1) mm.2.
End Adaptive.

(** Exact untraining of every request fixed beforehand says nothing of requests that depend on what was published: a
    remover that is exact in that sense, and a request for which the two runs are apart. *)
Theorem adaptive_requests_break :
  exists (A : learner rat_realFieldType bool_finType bool_finType) U request,
    [/\ proper_learner A, proper_remover U & untrains A U 1 0] /\
    ~ close 1 (1%:Q / 4%:Q) (served_adaptively A U request setT) (retrained_adaptively A request setT).
Proof.
exists (fun _ => coin (1%:Q / 2%:Q)), identity, (fun m => [set m]); split.
  split; [by move=> D; a_law | | by move=> D S _; apply: exact_close => m; rewrite removed_identity].
  move=> m S D; split=> [m'|]; first by rewrite /identity ler0n.
  by rewrite (bigD1 m) //= /identity eqxx big1 ?addr0 // => m' /negbTE; rewrite eq_sym => ->.
have sum4 (f : bool * bool -> rat) : \sum_mm f mm = \sum_x \sum_y f (x, y).
  by rewrite pair_bigA; apply: eq_bigr => -[].
move=> /closeP; rewrite /hs !sum4 !sum_bool /served_adaptively /retrained_adaptively /identity /=.
by move=> [h _]; move: h; vm_compute.
Qed.
