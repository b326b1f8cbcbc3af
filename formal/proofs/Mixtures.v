(* Kernels, mixtures and products of laws. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness Coins Chains.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Kernels.
Variables (R : realFieldType) (T U : finType).
Implicit Types (p q : T -> R) (g d : R) (K : T -> U -> R).

Definition kernel K := forall x, law (K x).
Definition push p K y := \sum_x p x * K x y.

Lemma push_law p K : law p -> kernel K -> law (push p K).
Proof.
case=> p0 p1 kK; split=> [y|].
  by apply: sumr_ge0 => x _; apply: mulr_ge0 (p0 x) _; case: (kK x).
rewrite exchange_big /= -p1; apply: eq_bigr => x _.
by rewrite -mulr_sumr; case: (kK x) => _ ->; rewrite mulr1.
Qed.
Lemma push_eq p q K : p =1 q -> push p K =1 push q K.
Proof. by move=> e y; apply: eq_bigr => x _; rewrite e. Qed.

(** T13a. Post-processing by any Markov kernel. *)
Theorem T13a g p q K : kernel K -> hs g (push p K) (push q K) <= hs g p q.
Proof.
move=> kK; apply: (@le_trans _ _ (\sum_y \sum_x pos (p x - g * q x) * K x y)).
  apply: ler_sum => y _; apply: pos_le; last first.
    by apply: sumr_ge0 => x _; apply: mulr_ge0 (pos_ge0 _) _; case: (kK x).
  rewrite /push mulr_sumr -sumrB; apply: ler_sum => x _.
  by rewrite mulrA -mulrBl; apply: ler_wpmul2r (pos_ge _); case: (kK x).
rewrite exchange_big /=; apply: ler_sum => x _.
by rewrite -mulr_sumr; case: (kK x) => _ ->; rewrite mulr1.
Qed.

(** T13a for the predicate. *)
Theorem T13a_close g d p q K : kernel K -> close g d p q -> close g d (push p K) (push q K).
Proof.
move=> kK /closeP[h h']; apply/closeP.
by split; [apply: le_trans (T13a _ _ _ kK) h | apply: le_trans (T13a _ _ _ kK) h'].
Qed.

(** T7b. Sequences, approximate: the second call is the kernel K. *)
Theorem T7b g1 g2 d1 d2 (output retrained : T -> R) (target : U -> R) K : 0 <= g1 -> 0 <= g2 -> kernel K ->
  close g1 d1 output retrained -> close g2 d2 (push retrained K) target ->
  close (g1 * g2) (Num.max (d1 + g1 * d2) (d2 + g2 * d1)) (push output K) target.
Proof. by move=> g10 g20 kK h h'; apply: (T3 g10 g20 _ h'); apply: T13a_close. Qed.
End Kernels.

Section Mixtures.
Variables (R : realFieldType) (T : finType).
Implicit Types (p q u v f : T -> R) (g d t : R).

(* The mixture of a family of laws, weighed by w. *)
Definition mix (S : finType) (w : S -> R) (p : S -> T -> R) : T -> R := fun x => \sum_s w s * p s x.

Lemma hs_sum (S : finType) g (p q : S -> T -> R) :
  hs g (fun x => \sum_s p s x) (fun x => \sum_s q s x) <= \sum_s hs g (p s) (q s).
Proof.
rewrite /hs [X in _ <= X]exchange_big /=; apply: ler_sum => x _; apply: pos_le; last first.
  by apply: sumr_ge0 => s _; apply: pos_ge0.
by rewrite mulr_sumr -sumrB; apply: ler_sum => s _; apply: pos_ge.
Qed.
Lemma hs_scale c g p q : 0 <= c -> hs g (fun x => c * p x) (fun x => c * q x) = c * hs g p q.
Proof. by move=> c0; rewrite /hs mulr_sumr; apply: eq_bigr => x _; rewrite mulrCA -mulrBr pos_mul. Qed.

Lemma hs_mix (S : finType) (w : S -> R) g (p q : S -> T -> R) : (forall s, 0 <= w s) ->
  hs g (mix w p) (mix w q) <= \sum_s w s * hs g (p s) (q s).
Proof. by move=> w0; apply: le_trans (hs_sum _ _ _) _; apply: ler_sum => s _; rewrite hs_scale. Qed.

(** T14. Joint convexity under any coupling of the two mixing laws. *)
Theorem T14 (S S' : finType) g (w : S -> S' -> R) (p : S -> T -> R) (q : S' -> T -> R) :
  (forall s s', 0 <= w s s') ->
  hs g (mix (fun s => \sum_s' w s s') p) (mix (fun s' => \sum_s w s s') q)
    <= \sum_s \sum_s' w s s' * hs g (p s) (q s').
Proof.
move=> w0; rewrite pair_big /=; pose v (st : S * S') := w st.1 st.2.
apply: le_trans (@hs_mix _ v g (fun st => p st.1) (fun st => q st.2) _); last by move=> st; apply: w0.
rewrite le_eqVlt; apply/orP; left; apply/eqP; apply: hs_eq => x; rewrite /mix.
  rewrite -(pair_big xpredT xpredT (fun s s' => w s s' * p s x)) /=.
  by apply: eq_bigr => s _; rewrite mulr_suml.
rewrite -(pair_big xpredT xpredT (fun s s' => w s s' * q s' x)) exchange_big /=.
by apply: eq_bigr => s' _; rewrite mulr_suml.
Qed.

(** F4. Choosing at random between conforming removers conforms. *)
Theorem F4 g d t u v f : 0 <= t <= 1 -> close g d u f -> close g d v f ->
  close g d (fun x => t * u x + (1 - t) * v x) f.
Proof.
case/andP=> t0 t1 hu hv E; have [u1 u2] := hu E; have [v1 v2] := hv E.
have t1' : 0 <= 1 - t by rewrite subr_ge0.
have -> : pr E (fun x => t * u x + (1 - t) * v x) = t * pr E u + (1 - t) * pr E v.
  by rewrite /pr big_split /= !mulr_sumr.
split.
  apply: le_trans (ler_add (ler_wpmul2l t0 u1) (ler_wpmul2l t1' v1)) _.
  by rewrite le_eqVlt; apply/orP; left; apply/eqP; ring.
apply: le_trans (_ : t * (g * pr E u + d) + (1 - t) * (g * pr E v + d) <= _); last first.
  by rewrite le_eqVlt; apply/orP; left; apply/eqP; ring.
have {1}-> : pr E f = t * pr E f + (1 - t) * pr E f by ring.
by apply: ler_add; apply: ler_wpmul2l.
Qed.

(* Closeness of events is closeness of tests with values in [0, 1]. *)
Lemma close_test g d p q (h : T -> R) : close g d p q -> (forall x, 0 <= h x <= 1) ->
  \sum_x p x * h x <= g * (\sum_x q x * h x) + d.
Proof.
move=> /closeP[le_d _] h01; rewrite -ler_subl_addl; apply: le_trans le_d.
rewrite mulr_sumr -sumrB; apply: ler_sum => x _; rewrite mulrA -mulrBl.
have /andP[h0 h1] := h01 x; apply: le_trans (ler_wpmul2r h0 (pos_ge _)) _.
by rewrite ler_pimulr // pos_ge0.
Qed.
End Mixtures.

Section Products.
Variables (R : realFieldType) (T U : finType).
Definition product (p : T -> R) (q : U -> R) : T * U -> R := fun xy => p xy.1 * q xy.2.

Lemma pr_product (p : T -> R) (q : U -> R) (E : {set T * U}) :
  pr E (product p q) = \sum_x p x * pr [set y | (x, y) \in E] q.
Proof.
rewrite /pr (eq_bigl (fun xy : T * U => xpredT xy.1 && ((xy.1, xy.2) \in E))); last by case.
rewrite -(pair_big_dep xpredT (fun x y => (x, y) \in E) (fun x y => p x * q y)) /=.
by apply: eq_bigr => x _; rewrite mulr_sumr; apply: eq_bigl => y; rewrite inE.
Qed.

Lemma product_half g1 g2 d1 d2 (p1 q1 : T -> R) (p2 q2 : U -> R) E : 0 <= g1 -> 0 <= g2 -> 0 <= d2 ->
  law p1 -> law q1 -> law p2 -> law q2 -> close g1 d1 p1 q1 -> close g2 d2 p2 q2 ->
  pr E (product p1 p2) <= g1 * g2 * pr E (product q1 q2) + (d1 + d2).
Proof.
move=> g10 g20 d20 lp1 lq1 lp2 lq2 h1 h2; rewrite !pr_product.
pose part x := [set y | (x, y) \in E]; pose h x := Num.min 1 (g2 * pr (part x) q2).
have [p0 p1E] := lp1; have [q0 _] := lq1; have [q20 _] := lq2.
have h01 x : 0 <= h x <= 1.
  by rewrite le_minr ler01 mulr_ge0 ?pr_ge0 //= le_minl lexx.
apply: (@le_trans _ _ (\sum_x p1 x * (h x + d2))).
  apply: ler_sum => x _; apply: ler_wpmul2l => //; rewrite /h minEle; case: ifP => _.
    by apply: le_trans (pr_le1 _ lp2) _; rewrite ler_addl.
  by case: (h2 (part x)).
have -> : \sum_x p1 x * (h x + d2) = \sum_x p1 x * h x + d2.
  under eq_bigr do rewrite mulrDr; by rewrite big_split /= -mulr_suml p1E mul1r.
rewrite addrA ler_add2r; apply: le_trans (close_test h1 h01) _.
rewrite ler_add2r -mulrA ler_wpmul2l // mulr_sumr; apply: ler_sum => x _.
by rewrite mulrCA ler_wpmul2l // le_minl lexx orbT.
Qed.

(** F5, roughly: independent releases compose, each loss of theirs added. *)
Theorem F5_sum g1 g2 d1 d2 (p1 q1 : T -> R) (p2 q2 : U -> R) : 0 <= g1 -> 0 <= g2 -> 0 <= d2 ->
  law p1 -> law q1 -> law p2 -> law q2 -> close g1 d1 p1 q1 -> close g2 d2 p2 q2 ->
  close (g1 * g2) (d1 + d2) (product p1 p2) (product q1 q2).
Proof.
move=> g10 g20 d20 lp1 lq1 lp2 lq2 h1 h2 E; split; first exact: product_half.
by apply: product_half => //; apply: close_sym.
Qed.

(* What two laws have in common: 1 less their hockey stick. *)
Definition overlap (V : finType) g (p q : V -> R) := \sum_x Num.min (p x) (g * q x).
Lemma overlap_hs (V : finType) g (p q : V -> R) : law p -> overlap g p q = 1 - hs g p q.
Proof. by move=> lp; have [_ _ ->] := F1 g q lp; rewrite subKr. Qed.

Lemma product_law (p : T -> R) (q : U -> R) : law p -> law q -> law (product p q).
Proof.
case=> p0 p1 [q0 q1]; split=> [[x y]|]; first by rewrite /product mulr_ge0.
rewrite -(pair_bigA _ (fun x y => p x * q y)) /= -[RHS]p1; apply: eq_bigr => x _.
by rewrite -mulr_sumr q1 mulr1.
Qed.

Lemma product_overlap g1 g2 (p1 q1 : T -> R) (p2 q2 : U -> R) : 0 <= g1 -> 0 <= g2 ->
  law p1 -> law q1 -> law p2 -> law q2 ->
  overlap g1 p1 q1 * overlap g2 p2 q2 <= overlap (g1 * g2) (product p1 p2) (product q1 q2).
Proof.
move=> g10 g20 [p10 _] [q10 _] [p20 _] [q20 _]; rewrite /overlap.
rewrite -(pair_bigA _ (fun x y => Num.min (p1 x * p2 y) (g1 * g2 * (q1 x * q2 y)))) /= mulr_suml.
apply: ler_sum => x _; rewrite mulr_sumr; apply: ler_sum => y _.
have low (a b : R) : 0 <= a -> 0 <= b -> 0 <= Num.min a b by move=> a0 b0; rewrite le_minr a0.
have m0 : 0 <= Num.min (p1 x) (g1 * q1 x) by rewrite low // mulr_ge0.
have n0 : 0 <= Num.min (p2 y) (g2 * q2 y) by rewrite low // mulr_ge0.
rewrite le_minr; apply/andP; split; first by apply: ler_pmul => //; rewrite le_minl lexx.
have -> : g1 * g2 * (q1 x * q2 y) = g1 * q1 x * (g2 * q2 y) by ring.
by apply: ler_pmul => //; rewrite le_minl lexx orbT.
Qed.

Lemma excess_le1 (V : finType) g (p q : V -> R) : 0 <= g -> law p -> law q -> excess g p q <= 1.
Proof.
have one (a b : V -> R) : 0 <= g -> law a -> law b -> hs g a b <= 1.
  move=> g0 la [b0 _]; rewrite -subr_ge0 -overlap_hs //; apply: sumr_ge0 => x _.
  by rewrite le_minr mulr_ge0 // andbT; case: la.
by move=> g0 lp lq; rewrite /excess le_maxl !one.
Qed.

(** F5. Independent releases compose: what is in common multiplies. *)
Theorem F5 g1 g2 (p1 q1 : T -> R) (p2 q2 : U -> R) : 0 <= g1 -> 0 <= g2 ->
  law p1 -> law q1 -> law p2 -> law q2 ->
  excess (g1 * g2) (product p1 p2) (product q1 q2) <=
    1 - (1 - excess g1 p1 q1) * (1 - excess g2 p2 q2).
Proof.
move=> g10 g20 lp1 lq1 lp2 lq2.
have half (a1 b1 : T -> R) (a2 b2 : U -> R) : law a1 -> law b1 -> law a2 -> law b2 ->
    hs g1 a1 b1 <= excess g1 p1 q1 -> hs g2 a2 b2 <= excess g2 p2 q2 ->
    hs (g1 * g2) (product a1 a2) (product b1 b2) <= 1 - (1 - excess g1 p1 q1) * (1 - excess g2 p2 q2).
  move=> la1 lb1 la2 lb2 h1 h2; rewrite -[hs (g1 * g2) _ _](subKr 1) -overlap_hs; last exact: product_law.
  rewrite ler_sub //; apply: le_trans (product_overlap g10 g20 la1 lb1 la2 lb2).
  by rewrite !overlap_hs //; apply: ler_pmul; rewrite ?subr_ge0 ?excess_le1 // ler_sub.
by rewrite {1}/excess le_maxl !half // /excess le_maxr lexx ?orbT.
Qed.
End Products.

(* The kernel on two outcomes that keeps an outcome with probability a or b. *)
Definition coins (R : realFieldType) (a b : R) : bool -> bool -> R := fun x => if x then coin a else coin b.

(** T13a in the other direction is false: a kernel can erase a difference. *)
Theorem T13a_twin : exists (p q : bool -> rat) (K : bool -> bool -> rat),
  [/\ law p, law q & kernel K] /\ ~ hs 1 (push p K) (push q K) >= hs 1 p q.
Proof.
exists (coin 1), (coin 0), (coins 0 0); split.
  by split; [a_law | a_law | case; a_law].
by rewrite /hs !sum_bool /push !sum_bool; vm_compute.
Qed.

(** T14 with the law of s as the second marginal is false. *)
Theorem T14_twin : exists w : bool -> bool -> rat, exists p q : bool -> bool -> rat,
  [/\ forall s s', 0 <= w s s', \sum_s \sum_s' w s s' = 1, kernel p & kernel q] /\
  ~ hs 1 (mix (fun s => \sum_s' w s s') p) (mix (fun s => \sum_s' w s s') q)
    <= \sum_s \sum_s' w s s' * hs 1 (p s) (q s').
Proof.
exists (fun s s' => (s && ~~ s')%:R), (coins 1 0), (coins 0 1); split.
  split; [by do 2!case | by rewrite !sum_bool; apply/eqP; number | by case; a_law | by case; a_law].
rewrite /hs !sum_bool /mix !sum_bool /=; by vm_compute.
Qed.

(** F4: the mixture is not as close as the closer of the two. *)
Theorem F4_twin : exists (u v f : bool -> rat) (t d : rat),
  [/\ law u, law v, law f & 0 <= t <= 1] /\ [/\ close 1 d u f & ~ close 1 d (fun x => t * u x + (1 - t) * v x) f].
Proof.
exists (coin 0), (coin 1), (coin 0), (1%:Q / 2%:Q), 0; split; first by split; [a_law | a_law | a_law | number].
split; first by are_close.
by move/closeP; rewrite /hs !sum_bool => [[]]; vm_compute.
Qed.

(** F5 with the sum of the two gammas in place of the product is false. *)
Theorem F5_twin : exists (p q : bool -> rat) (g : rat), [/\ law p, law q & close g 0 p q] /\
  ~ close (g + g) 0 (product p p) (product q q).
Proof.
exists (coin (3%:Q / 4%:Q)), (coin (1%:Q / 4%:Q)), 3%:Q; split; first by split; [a_law | a_law | are_close].
move=> /(_ [set (true, true)])[] + _; rewrite /pr !big_set1 /product /=; by vm_compute.
Qed.

(** T7b with the minimum of the two sums is false. *)
Theorem T7b_twin : exists (output retrained target : bool -> rat) (K : bool -> bool -> rat) (g : rat) (d : rat),
  [/\ law output, law retrained, law target & kernel K] /\
  [/\ close 1 d output retrained, close g 0 (push retrained K) target
    & ~ close (1 * g) (Num.min (d + 1 * 0) (0 + g * d)) (push output K) target].
Proof.
exists (coin 0), (coin (1%:Q / 4%:Q)), (coin (1%:Q / 2%:Q)), (coins 1 0), 2%:Q, (1%:Q / 4%:Q).
split; first by split; [a_law | a_law | a_law | case; a_law].
split; [are_close | |].
  by apply/closeP; rewrite /hs !sum_bool /push !sum_bool; split; number.
by move/closeP; rewrite /hs !sum_bool /push !sum_bool => [[]]; vm_compute.
Qed.
