(* Systems that keep state, hear requests, and hold rows that nobody asked to delete. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness Coins Chains Mixtures Worlds Adaptive.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Systems.
Variables (R : realFieldType) (X T : finType).
Variables (A : learner R X T).
Implicit Types (D S : {set X}) (g d : R).

(** F22. Deletion capacity of doing nothing: where no single row matters more than (gamma, delta), |S| rows are
    deleted at the price of |S| steps. Ours; the notion is that of Sekhari et al. 2021. *)
Theorem F22 g d D S : 0 <= g -> S \subset D -> (forall D x, close g d (A D) (A (D :\ x))) ->
  close (g ^+ #|S|) (d * \sum_(i < #|S|) g ^+ i) (removed A identity D S) (retrained A D S).
Proof.
move=> g0 _ one; pose a i := A (D :\: [set x in take i (enum S)]).
have step i : (i < #|S|)%N -> close g d (a i) (a i.+1).
  move=> iS; have [x0 _] : exists x, x \in S by apply/card_gt0P; apply: leq_ltn_trans iS.
  have -> : a i.+1 = A ((D :\: [set x in take i (enum S)]) :\ nth x0 (enum S) i); last exact: one.
  congr A; rewrite (take_nth x0) -?cardE //; apply/setP=> y.
  by rewrite !inE mem_rcons inE negb_or andbA.
have h := T5_chain g0 step; apply: (close_eq _ _ h) => m; rewrite /a.
  rewrite removed_identity take0; congr (A _ m); apply/setP=> y; by rewrite !inE.
rewrite /retrained cardE take_size; congr (A _ m); apply/setP=> y; by rewrite !inE mem_enum.
Qed.

(* A system that learns from a core of its data, and stores no more. Deleting what is not in it does not change it. *)
Variable core : {set X} -> {set X}.
Hypothesis from_core : forall D, A D =1 A (core D).
Hypothesis stable : forall D S, [disjoint S & core D] -> core (D :\: S) = core D.

(** F23. Who is asked to delete rows that the system never kept has nothing to do. Ours; the attacker who sees no more
    than the system stores is that of arXiv 2506.06073. *)
Theorem F23 D S : [disjoint S & core D] -> removed A identity D S =1 retrained A D S.
Proof. by move=> out m; rewrite removed_identity from_core -(stable out) -from_core. Qed.
End Systems.

Section Paths.
Variables (R : realFieldType) (T V : finType).

(** F24. One remover behind two paths of training: it cannot follow both references farther apart than the models it
    is given. Ours; path-oblivious removers are those of arXiv 2510.16629. *)
Theorem F24 (m m' : T -> R) (p p' : V -> R) K : law m -> law m' -> law p -> law p' -> kernel K ->
  tv p p' <= tv m m' + tv (push m K) p + tv (push m' K) p'.
Proof.
move=> lm lm' lp lp' kK; have post : tv (push m K) (push m' K) <= tv m m'.
  by rewrite !tv_hs //; [apply: T13a | apply: push_law | apply: push_law].
apply: le_trans (tv_triangle p (push m K) p') _; rewrite [tv p _]tv_sym [X in _ <= X + _]addrC -addrA ler_add2l.
by apply: le_trans (tv_triangle _ (push m' K) _) _; rewrite ler_add2r.
Qed.

(** F27. Hidden state: what is published next is as close as what is kept, the model and all beside it. Ours; the
    setting is that of Gupta et al. 2021. *)
Theorem F27 (s s' : T -> R) (K : T -> V -> R) : law s -> law s' -> kernel K -> tv (push s K) (push s' K) <= tv s s'.
Proof. by move=> ls ls' kK; rewrite !tv_hs //; [apply: T13a | apply: push_law | apply: push_law]. Qed.
End Paths.

Section Undeleted.
Variables (R : realFieldType) (T : finZmodType).
Definition point_mass (x : T) : T -> R := fun t => (t == x)%:R.
(* The sum of a row x that stays and one that nobody knows, before the latter leaves and after. *)
Definition sum_with_unknown x : T -> R := fun t => \sum_s #|T|%:R^-1 * point_mass (x + s) t.

(** F25. Exact untraining exposes rows that stay: a sum hides x before a deletion, and is x afterwards. Ours; the
    question is that of arXiv 2602.16697. *)
Theorem F25 (x y : T) : x != y ->
  tv (sum_with_unknown x) (sum_with_unknown y) = 0 /\ tv (point_mass x) (point_mass y) = 1.
Proof.
move=> xy; split.
  have flat z t : sum_with_unknown z t = #|T|%:R^-1.
    rewrite /sum_with_unknown -mulr_sumr (bigD1 (t - z)) //= /point_mass [z + _]addrC subrK eqxx big1 ?addr0 ?mulr1 // => s ne.
    by apply/eqP; rewrite pnatr_eq0 eqb0; apply: contra ne => /eqP->; rewrite addrC addKr.
  by apply: tv_eq0 => t; rewrite !flat.
rewrite /tv (bigD1 x) //= (bigD1 y) 1?eq_sym //= big1 => [|t /andP[tx ty]].
  rewrite /point_mass !eqxx (negbTE xy) eq_sym (negbTE xy) subr0 sub0r normrN normr1 addr0 -mulr2n.
  by rewrite divff // pnatr_eq0.
by rewrite /point_mass (negbTE tx) (negbTE ty) subrr normr0.
Qed.
End Undeleted.

Section AdaptiveRequests.
Variables (R : realFieldType) (T : finType).
Hypothesis T0 : (0 < #|T|)%N.
Definition uniform : T -> R := fun _ => #|T|%:R^-1.
Let N1 : 0 < #|T|%:R :> R. Proof. by rewrite ltr0n. Qed.
Lemma uniform_law : law uniform.
Proof. by rewrite /uniform; split=> [x|]; rewrite ?invr_ge0 ?ler0n // sumr_const -[_^-1 *+ _]mulr_natl divff // gt_eqF. Qed.

(** F26. Requests chosen from what was published: doing nothing untrains this learner exactly, and yet what was seen
    before and after stands at 1 - 1/|T| from two independent trainings. Ours; the setting is that of Gupta et al. 2021. *)
Theorem F26 (request : T -> {set T}) D : let A : learner R T T := fun _ => uniform in
  untrains A identity 1 0 /\
  hs 1 (served_adaptively A identity request D) (retrained_adaptively A request D) = 1 - #|T|%:R^-1.
Proof.
move=> A; split; first by move=> D' S _; apply: exact_close => m; rewrite removed_identity.
rewrite /hs -(pair_bigA _ (fun a b => pos (served_adaptively A identity request D (a, b) -
  1 * retrained_adaptively A request D (a, b)))) /=.
have v0 : 0 <= #|T|%:R^-1 :> R by rewrite invr_ge0 ltW.
have v1 : #|T|%:R^-1 <= 1 :> R by rewrite invf_le1 // ler1n.
have row a : \sum_b pos (served_adaptively A identity request D (a, b) - 1 * retrained_adaptively A request D (a, b))
    = #|T|%:R^-1 * (1 - #|T|%:R^-1).
  rewrite (bigD1 a) //= big1 => [|b ba]; rewrite /served_adaptively /retrained_adaptively /identity /= mul1r.
    by rewrite eqxx -mulrBr pos_mul // pos_id ?addr0 // subr_ge0.
  by rewrite (negbTE ba) mulr0 sub0r pos_0 // oppr_le0 mulr_ge0.
by rewrite (eq_bigr _ (fun a _ => row a)) sumr_const -[(_ * _) *+ _]mulr_natl mulrA divff ?mul1r // gt_eqF.
Qed.
End AdaptiveRequests.

Section Edited.
Variables (R : realFieldType) (X : finType) (p1 p2 : X -> R) (share : R).
Hypothesis l1 : law p1.
Hypothesis share01 : 0 <= share < 1.
(* p1 unwanted and p2 desired, in the shares that make the data; S of p1 is deleted. *)
Definition kept (S : {set X}) := 1 - share * pr S p1.
Definition edited (S : {set X}) x := (share * (if x \in S then 0 else p1 x) + (1 - share) * p2 x) / kept S.

(** F28. Deletion from p1 alone preserves p2: no event is likelier under p2 than kept / (1 - share) times its chance
    in the edited data. Ours; the edited law is tested against both as in arXiv 2605.16645. *)
Theorem F28 S : hs (kept S / (1 - share)) p2 (edited S) = 0.
Proof.
have [p0 _] := l1; have /andP[s0 s1] := share01; have c : 0 < 1 - share by rewrite subr_gt0.
have k : 0 < kept S.
  rewrite subr_gt0; apply: le_lt_trans s1; by rewrite ler_pimulr // pr_le1.
rewrite /hs big1 // => x _; apply: pos_0; rewrite subr_le0 /edited.
set a := if x \in S then 0 else p1 x; have a0 : 0 <= a by rewrite /a; case: ifP.
have -> : kept S / (1 - share) * ((share * a + (1 - share) * p2 x) / kept S) =
          (share * a + (1 - share) * p2 x) / (1 - share) * (kept S / kept S) by ring.
rewrite divff ?gt_eqF // mulr1 ler_pdivl_mulr // mulrC ler_addr mulr_ge0 //.
Qed.
End Edited.
