(* One request against the two references. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness Coins Chains Profiles Mixtures Worlds.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section References.
Variables (R : realFieldType) (X T : finType).
Variables (A : learner R X T) (U : remover R X T).
Hypothesis lA : proper_learner A.
Implicit Types (D S B : {set X}) (g d : R).

(** T1. Coincidence: where S names all of S_full the two least deltas are one number, so that the two predicates
    give one verdict. *)
Theorem T1 B D S g d : S = full B D ->
  excess g (removed A U D S) (retrained A D S) = excess g (removed A U D S) (unlearned A B D) /\
  (close g d (removed A U D S) (retrained A D S) <-> close g d (removed A U D S) (unlearned A B D)).
Proof. by move=> ->. Qed.

(** T1, the converse: the two predicates agree on every law only where the references are the same law. *)
Theorem T1_converse B D S :
  (forall g d (p : T -> R), close g d p (retrained A D S) <-> close g d p (unlearned A B D)) <->
  retrained A D S =1 unlearned A B D.
Proof.
split=> [h|e g d p]; first exact/close_exact/h/close_refl.
by split; apply: close_eq => // x; rewrite e.
Qed.

(** T4. When doing nothing conforms, against any reference. *)
Theorem T4 D S (p : T -> R) d : law p -> close 1 d (removed A identity D S) p <-> tv (A D) p <= d.
Proof.
move=> lp; rewrite -(close_tv _ (lA D) lp); have e := removed_identity A D S.
by split; apply: close_eq => // m; rewrite e.
Qed.

(** T15. Edge cases: with S empty doing nothing untrains exactly; where every row carries the behaviour exact
    unlearning leaves the law of the learner on no data. *)
Theorem T15 D B S : (removed A identity D set0 =1 retrained A D set0) /\
  (full B D = D -> unlearns A U B 1 0 -> S \subset D -> removed A U D S =1 A set0).
Proof.
split=> [m|fD ul sD]; first by rewrite removed_identity /retrained setD0.
have := ul D S; rewrite /unlearned fD setDv => h; exact/close_exact/h.
Qed.

(** T16. Copies that stay: whatever untrains exactly stands at tau from the reference of unlearning. *)
Theorem T16 D B S : untrains A U 1 0 -> S \subset D ->
  tv (removed A U D S) (retrained A D S) = 0 /\
  tv (removed A U D S) (unlearned A B D) = tv (retrained A D S) (unlearned A B D).
Proof.
move=> ut sD; have e := close_exact (ut D S sD).
by split; [apply: tv_eq0 | apply: tv_eq].
Qed.

(** T16, approximately: untraining within delta stands at tau from it, give or take delta. *)
Theorem T16_within D B S d : proper_remover U -> untrains A U 1 d -> S \subset D ->
  `|tv (removed A U D S) (unlearned A B D) - tv (retrained A D S) (unlearned A B D)| <= d.
Proof.
move=> lU ut sD; have := ut D S sD; rewrite close_tv => [ud||]; try exact: removed_law; try exact: lA.
rewrite ler_norml ler_subr_addl !ler_subl_addl; apply/andP; split.
  apply: le_trans (tv_triangle _ (removed A U D S) _) _.
  by rewrite [tv (retrained _ _ _) _]tv_sym ler_add2r.
by apply: le_trans (tv_triangle _ (retrained A D S) _) _; rewrite addrC ler_add2l.
Qed.

(* Rows leave one at a time. *)
Definition after D (s : seq X) := D :\: [set x in s].
Lemma after_cons D x s : after D (x :: s) = after (D :\ x) s.
Proof. by apply/setP=> y; rewrite !inE negb_or andbA [(y \notin s) && _]andbC. Qed.

Lemma walk D s : tv (A D) (A (after D s)) <=
  \sum_(i < size s) tv (A (after D (take i s))) (A (after D (take i.+1 s))).
Proof.
elim: s D => [|x s IH] D.
  by rewrite big_ord0 tv_eq0 // /after; have -> : [set y in [::]] = set0 :> {set X} by []; rewrite setD0.
have e0 : after D [::] = D by apply/setP=> y; rewrite !inE.
rewrite big_ord_recl take0 e0 /= take0 !after_cons.
have e1 : after (D :\ x) [::] = D :\ x by apply/setP=> y; rewrite !inE.
rewrite e1; apply: le_trans (tv_triangle _ (A (D :\ x)) _) _; rewrite ler_add2l.
by apply: le_trans (IH _) _; apply: ler_sum => i _; rewrite /= !after_cons.
Qed.

(** F9. Over-forgetting is bounded by the one-row influences of the rows of S_full beyond S, in any order. *)
Theorem F9 D B S s : S \subset full B D -> [set x in s] = full B D :\: S ->
  tv (retrained A D S) (unlearned A B D) <=
  \sum_(i < size s) tv (A (after (D :\: S) (take i s))) (A (after (D :\: S) (take i.+1 s))).
Proof.
move=> sF sE; have e : after (D :\: S) s = D :\: full B D.
  rewrite /after sE; apply/setP=> y; have := subsetP sF y; rewrite !inE.
  by case: (y \in S); case: (y \in D); case: (y \in B) => //= ->.
by rewrite /unlearned -e; apply: walk.
Qed.
End References.

(* A learner of one bit: whether row 0 was among the data. *)
Notation rows := [finType of 'I_2].
Definition tells (R : realFieldType) (i : 'I_2) : learner R rows bool_finType :=
  fun D => coin (i \in D)%:R.

Lemma tells_law (R : realFieldType) i : proper_learner (@tells R i).
Proof. by move=> D; apply: coin_law; case: (_ \in _); rewrite /= ?lexx ?ler01. Qed.

(** T1 with S a proper part of S_full is false. *)
Theorem T1_twin : exists (A : learner rat_realFieldType rows bool_finType) (D S B : {set rows}),
  [/\ proper_learner A, S \subset full B D
    & excess 1 (removed A identity D S) (retrained A D S)
   <> excess 1 (removed A identity D S) (unlearned A B D)].
Proof.
exists (@tells _ ord0), [set ord0], set0, setT; split; [exact: tells_law | exact: sub0set |].
have e : removed (tells rat_realFieldType ord0) identity [set ord0] set0 =1 coin 1.
  by move=> m; rewrite removed_identity /tells inE eqxx.
rewrite /excess !(hs_eq _ e (frefl _)) !(hs_eq _ (frefl _) e) /retrained /unlearned /tells /full !inE /=.
by rewrite !hs_coin; apply/eqP; number.
Qed.

(** T4 with a strict inequality is false. *)
Theorem T4_twin : exists (p q : bool -> rat) (d : rat), [/\ law p, law q, close 1 d p q & ~ tv p q < d].
Proof.
exists (coin 0), (coin 0), 0; split; [a_law | a_law | are_close |].
by rewrite tv_coin; vm_compute.
Qed.

(** T15: with S empty doing nothing need not unlearn. *)
Theorem T15_twin : exists (A : learner rat_realFieldType rows bool_finType) (D B : {set rows}),
  proper_learner A /\ ~ removed A identity D set0 =1 unlearned A B D.
Proof.
exists (@tells _ ord0), [set ord0], setT; split; first exact: tells_law.
by move=> /(_ true); rewrite removed_identity /unlearned /tells /full !inE /=; apply/eqP; number.
Qed.

(** T16: the distance from the reference of unlearning need not be 0. *)
Theorem T16_twin : exists (A : learner rat_realFieldType rows bool_finType) (D S B : {set rows}),
  [/\ proper_learner A, S \subset full B D & tv (removed A (retrain A) D S) (unlearned A B D) <> 0].
Proof.
exists (@tells _ ord0), [set ord0], set0, setT; split; [exact: tells_law | exact: sub0set |].
have e := removed_constant (fun S D => tells rat_realFieldType ord0 (D :\: S)) set0 (tells_law _ ord0 [set ord0]).
rewrite (tv_eq e (frefl _)) /unlearned /tells /full !inE /= tv_coin; by apply/eqP; number.
Qed.
