(* Several requests, or several behaviours behind one request. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness Coins Chains Profiles Mixtures Worlds References.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Requests.
Variables (R : realFieldType) (X T : finType).
Variables (A : learner R X T) (U : remover R X T).
Implicit Types (D S B : {set X}) (g d : R).

(** T6b. Whatever unlearns exactly ignores which part of the behaviour was named. *)
Theorem T6b B D S S' : unlearns A U B 1 0 -> S \subset full B D -> S' \subset full B D ->
  removed A U D S =1 removed A U D S'.
Proof. by move=> ul sS sS' m; rewrite (close_exact (ul _ _ sS)) (close_exact (ul _ _ sS')). Qed.

(** T6b, approximately: it ignores it within the price of T6a. *)
Theorem T6b_price B D S S' g d : 0 <= g -> unlearns A U B g d -> S \subset full B D -> S' \subset full B D ->
  close (g * g) ((1 + g) * d) (removed A U D S) (removed A U D S').
Proof. by move=> g0 ul sS sS'; apply: T6a g0 (ul _ _ sS) (ul _ _ sS'). Qed.

(* One call after another, the second from the published model and the dataset that is left. *)
Definition twice D S1 S2 := push (removed A U D S1) (fun m => U m S2 (D :\: S1)).

(** T7a. Sequences, exact, for whatever untrains exactly. *)
Theorem T7a D S1 S2 : untrains A U 1 0 -> S1 \subset D -> S2 \subset D :\: S1 ->
  twice D S1 S2 =1 A (D :\: (S1 :|: S2)).
Proof.
move=> ut s1 s2 m; rewrite /twice (push_eq _ (close_exact (ut _ _ s1))).
by rewrite -[LHS]/(removed A U (D :\: S1) S2 m) (close_exact (ut _ _ s2)) /retrained setDDl.
Qed.

(** T7b for two calls of one remover. *)
Theorem T7b_calls D S1 S2 g1 g2 d1 d2 : 0 <= g1 -> 0 <= g2 -> proper_remover U ->
  close g1 d1 (removed A U D S1) (retrained A D S1) ->
  close g2 d2 (removed A U (D :\: S1) S2) (retrained A (D :\: S1) S2) ->
  close (g1 * g2) (Num.max (d1 + g1 * d2) (d2 + g2 * d1)) (twice D S1 S2) (retrained A D (S1 :|: S2)).
Proof.
move=> g10 g20 pU h1 h2; apply: (T7b g10 g20 _ h1); first by move=> m; apply: pU.
by rewrite /retrained -setDDl.
Qed.

(** T8b. One remover cannot serve two behaviours that share S. *)
Theorem T8b B1 B2 D S d : proper_learner A -> proper_remover U ->
  S \subset full B1 D :&: full B2 D ->
  2%:R * d < tv (unlearned A B1 D) (unlearned A B2 D) ->
  ~ (unlearns A U B1 1 d /\ unlearns A U B2 1 d).
Proof.
rewrite subsetI => lA lU /andP[s1 s2] apart [u1 u2].
have lr : law (removed A U D S) by apply: removed_law.
have := u1 D S s1; rewrite close_tv //; last exact: lA.
have := u2 D S s2; rewrite close_tv //; last exact: lA.
move=> h2 h1; move: apart; rewrite ltNge => /negP; apply.
by apply: le_trans (T2a (removed A U D S) _ _) _; rewrite mulr_natl mulr2n ler_add.
Qed.

(** T8b at every gamma. *)
Theorem T8b_gamma B1 B2 D S g d : 0 <= g -> S \subset full B1 D :&: full B2 D ->
  unlearns A U B1 g d -> unlearns A U B2 g d ->
  close (g * g) ((1 + g) * d) (unlearned A B1 D) (unlearned A B2 D).
Proof.
rewrite subsetI => g0 /andP[s1 s2] u1 u2.
exact: (T8a_gamma g0 (u1 D S s1) (u2 D S s2)).
Qed.

(* A stream of requests, each served from the model and the dataset that the one before left. *)
Fixpoint served (p : T -> R) D (F : seq {set X}) : T -> R :=
  if F is G :: F' then served (push p (fun m => U m G D)) (D :\: G) F' else p.

Lemma served_eq p q D F : p =1 q -> served p D F =1 served q D F.
Proof. by elim: F p q D => [|S F IH] p q D e //=; apply: IH => m; apply: push_eq. Qed.

(* Disjoint requests: no row is named twice. *)
Definition disjoint_requests (F : seq {set X}) :=
  forall x, (count (fun S : {set X} => x \in S) F <= 1)%N.

Lemma served_stream D F : untrains A U 1 0 ->
  all (fun S => S \subset D) F -> disjoint_requests F ->
  served (A D) D F =1 A (D :\: \bigcup_(S <- F) S).
Proof.
move=> ut; elim: F D => [|S F IH] D; first by move=> _ _ m; rewrite big_nil setD0.
move=> /= /andP[sD sF] dF m.
rewrite (served_eq _ _ (close_exact (ut D S sD))) /retrained IH //; first by rewrite big_cons setDDl.
  apply/allP=> S' S'F; apply/subsetP=> x xS'; rewrite inE (subsetP (allP sF _ S'F)) // andbT.
  apply/negP=> xS; have := dF x; rewrite /= xS ltnS leqn0 => /eqP c0.
  by have : has (fun G : {set X} => x \in G) F; [apply/hasP; exists S' | rewrite has_count c0].
by move=> x; apply: leq_trans (dF x); rewrite leq_addl.
Qed.

(** T24. The order of the requests does not matter in the end: every order of disjoint requests leaves the law of
    one batch, for whatever untrains exactly. *)
Theorem T24 D F F' : untrains A U 1 0 -> perm_eq F F' ->
  all (fun S => S \subset D) F -> disjoint_requests F ->
  served (A D) D F =1 served (A D) D F' /\ served (A D) D F =1 A (D :\: \bigcup_(S <- F) S).
Proof.
move=> ut pF sF dF; have sF' : all (fun S => S \subset D) F' by rewrite -(perm_all _ pF).
have dF' : disjoint_requests F' by move=> x; rewrite -(permP pF).
by split=> m; rewrite !served_stream // (perm_big _ pF).
Qed.

(* A learner that is (gamma, delta)-private under removal of one row. *)
Definition private g d := forall D x, x \in D -> close g d (A D) (A (D :\ x)).

(** T5. The no-op under differential privacy: for every learner, dataset and request. *)
Theorem T5 D S g d : 0 <= g -> private g d -> S \subset D ->
  close (g ^+ #|S|) (d * \sum_(i < #|S|) g ^+ i) (removed A identity D S) (retrained A D S).
Proof.
move=> g0 dp sD; apply: (@close_eq _ _ _ _ (A D)); [by move=> m; rewrite removed_identity | by [] |].
have size_s : size (enum S) = #|S| by rewrite -cardE.
pose a i := A (D :\: [set x in take i (enum S)]).
have a0 : A D =1 a 0%N by move=> m; rewrite /a take0; have -> : [set x in [::]] = set0 :> {set X} by []; rewrite setD0.
have ak : a #|S| =1 retrained A D S.
  by move=> m; rewrite /a -size_s take_size set_enum.
apply: (close_eq (fsym a0) ak); apply: T5_chain => // i ik.
have x0 : X by move: ik; case: (enum S) size_s => [<-|x] //.
have xs : nth x0 (enum S) i \in S by rewrite -mem_enum mem_nth // size_s.
rewrite /a (take_nth x0) ?size_s //.
have -> : D :\: [set x in rcons (take i (enum S)) (nth x0 (enum S) i)]
       = (D :\: [set x in take i (enum S)]) :\ nth x0 (enum S) i.
  by apply/setP=> y; rewrite !inE mem_rcons inE negb_or andbA.
apply: dp; rewrite !inE (subsetP sD _ xs) andbT.
have uq : uniq (take i (enum S) ++ drop i (enum S)) by rewrite cat_take_drop enum_uniq.
move: uq; rewrite cat_uniq => /and3P[_ /hasPn h _].
apply: h; rewrite (drop_nth x0) ?size_s //; exact: mem_head.
Qed.

(** T5 in closed form, and at epsilon = 0. *)
Theorem T5_closed (k : nat) g d : (g - 1) * (d * (\sum_(i < k) g ^+ i)) = d * (g ^+ k - 1) /\
  (g = 1 -> (d * (\sum_(i < k) g ^+ i))%R = d *+ k).
Proof.
split; first by rewrite subrX1 mulrCA.
move=> ->; under eq_bigr do rewrite expr1n; by rewrite sumr_const card_ord mulr_natr.
Qed.
End Requests.

(** T6b for exact untraining is false. *)
Theorem T6b_twin : exists (A : learner rat_realFieldType rows bool_finType) (B D S S' : {set rows}),
  [/\ proper_learner A, S \subset full B D, S' \subset full B D
    & ~ removed A (retrain A) D S =1 removed A (retrain A) D S'].
Proof.
exists (@tells _ ord0), setT, [set ord0], set0, [set ord0].
split; [exact: tells_law | exact: sub0set | by rewrite /full setIT subxx |].
have lA := tells_law rat_realFieldType ord0 [set ord0].
move=> /(_ true); rewrite /retrain !(removed_constant (fun S D => tells rat_realFieldType ord0 (D :\: S)) _ lA).
by rewrite /tells !inE /=; apply/eqP; number.
Qed.

(** T8b with delta in place of 2 delta is false: half of each serves both. *)
Theorem T8b_twin : exists (u s f : bool -> rat) (d : rat),
  [/\ law u, law s, law f & d < tv s f] /\ close 1 d u s /\ close 1 d u f.
Proof.
exists (coin (1%:Q / 2%:Q)), (coin 0), (coin 1), (1%:Q / 2%:Q).
split; first by split; [a_law | a_law | a_law | rewrite tv_coin; number].
by split; are_close.
Qed.
