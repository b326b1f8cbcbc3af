(* What a few rows of S tell of a behaviour. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness Coins Mixtures.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Conformal.
Variables (R : realFieldType) (n k : nat).
Implicit Type s : 'I_n.+1 -> R.
(* The row at i is taken in where fewer than k of the others score lower: as n of them calibrate, n + 1 scores. *)
Definition below s i := #|[set j | s j < s i]|.
Definition taken s i := (below s i < k)%N.

Lemma enough_taken s : (k <= n.+1)%N -> (k <= #|[set i | taken s i]|)%N.
Proof.
move=> kn; case: (pickP (fun i => (k <= below s i)%N)) => [i0 hi0|none]; last first.
  rewrite (_ : [set i | taken s i] = setT) ?cardsT ?card_ord //.
  by apply/setP=> i; rewrite !inE /taken ltnNge none.
case: (@Order.TotalTheory.arg_minP _ _ _ i0 (fun i => (k <= below s i)%N) s hi0) => i hi least.
apply: leq_trans hi _; apply/subset_leq_card/subsetP=> j; rewrite !inE /taken ltnNge => ji.
by apply/negP=> hj; have := least j hj; rewrite leNgt ji.
Qed.

Variables (W : finType) (w : W -> R) (s : W -> 'I_n.+1 -> R).
Hypothesis lw : law w.

(** F20. Conformal recall: where the scores of n calibration rows and of one more row are exchangeable, the one more
    is taken in with chance at least k/(n+1). *)
Theorem F20 : (k <= n.+1)%N ->
  (forall i, pr [set o | taken (s o) i] w = pr [set o | taken (s o) ord_max] w) ->
  k%:R <= n.+1%:R * pr [set o | taken (s o) ord_max] w.
Proof.
move=> kn same; have [w0 w1] := lw.
have -> : n.+1%:R * pr [set o | taken (s o) ord_max] w = \sum_(i < n.+1) pr [set o | taken (s o) i] w.
  by rewrite (eq_bigr _ (fun i _ => same i)) sumr_const card_ord mulr_natl.
have -> : k%:R = \sum_o w o * k%:R by rewrite -mulr_suml w1 mul1r.
have -> : \sum_(i < n.+1) pr [set o | taken (s o) i] w = \sum_o w o * #|[set i | taken (s o) i]|%:R.
  rewrite (eq_bigr (fun i => \sum_o if taken (s o) i then w o else 0)); last first.
    by move=> i _; rewrite /pr big_mkcond /=; apply: eq_bigr => o _; rewrite inE.
  rewrite exchange_big /=; apply: eq_bigr => o _.
  rewrite -big_mkcond /= sumr_const mulr_natr; congr (_ *+ _).
  by apply: eq_card => i; rewrite !inE.
by apply: ler_sum => o _; rewrite ler_wpmul2l // ler_nat enough_taken.
Qed.
End Conformal.

Section Candidates.
Variable R : realFieldType.
Implicit Types (u a b : R) (c : nat -> R).

Fixpoint most c n : R := if n is n'.+1 then Num.max (most c n') (c n') else 0.
Definition shared c n := \sum_(i < n) \sum_(j < i) Num.min (c i) (c j).

Lemma min_max u a b : Num.min u a + Num.min u b <= Num.min u (Num.max a b) + Num.min a b.
Proof.
case: (leP a b) => ab; first rewrite [X in X <= _]addrC; by rewrite ler_add2l le_minl lexx orbT.
Qed.
Lemma most_ge0 c n : 0 <= most c n.
Proof.
by elim: n => [|n IH] //=; rewrite le_maxr IH.
Qed.
Lemma most_shared c a n : (forall i, 0 <= c i) -> 0 <= a ->
  Num.min (most c n) a <= \sum_(j < n) Num.min a (c j).
Proof.
move=> c0 a0; elim: n => [|n IH]; first by rewrite big_ord0 le_minl lexx.
rewrite big_ord_recr /=.
have pair : Num.min (Num.max (most c n) (c n)) a <= Num.min (most c n) a + Num.min a (c n).
  have nonneg (b e : R) : 0 <= b -> 0 <= e -> 0 <= Num.min b e by move=> b0 e0; rewrite le_minr b0.
  have m0 : 0 <= most c n by exact: most_ge0.
  case: (leP (most c n) (c n)) => _; last by rewrite ler_addl nonneg.
  by rewrite [Num.min (c n) a]minC ler_addr nonneg.
by apply: le_trans pair _; rewrite ler_add2r.
Qed.

Lemma candidates u c n : 0 <= u -> (forall i, 0 <= c i) ->
  \sum_(i < n) Num.min u (c i) <= u + shared c n.
Proof.
move=> u0 c0; suff h : \sum_(i < n) Num.min u (c i) <= Num.min u (most c n) + shared c n.
  by apply: le_trans h _; rewrite ler_add2r le_minl lexx.
elim: n => [|n IH]; first by rewrite /shared !big_ord0 addr0 le_minr u0 lexx.
have -> : shared c n.+1 = shared c n + \sum_(j < n) Num.min (c n) (c j) by rewrite /shared big_ord_recr.
rewrite big_ord_recr /=; apply: le_trans (ler_add IH (lexx _)) _.
rewrite addrAC addrA [X in _ <= X]addrAC ler_add2r; apply: le_trans (min_max _ _ _) _.
by rewrite ler_add2l most_shared.
Qed.

Variable T : finType.
Implicit Types (v : T -> R) (q : nat -> T -> R).
(** F21. What S must tell: where n behaviours explain it, what a remover publishes has at most this in common with
    their references together; references that are apart leave 1/n to one of them. Ours. *)
Theorem F21 v q n : law v -> (forall i, law (q i)) ->
  \sum_(i < n) (1 - tv v (q i)) <= 1 + \sum_(i < n) \sum_(j < i) (1 - tv (q i) (q j)).
Proof.
move=> lv lq; have common (a b : T -> R) : law a -> law b -> 1 - tv a b = \sum_x Num.min (a x) (b x).
  move=> la lb; rewrite tv_hs //; have [_ _ ->] := F1 1 b la; rewrite subKr.
  by apply: eq_bigr => x _; rewrite mul1r.
under eq_bigr do rewrite common //.
have -> : \sum_(i < n) \sum_(j < i) (1 - tv (q i) (q j)) = \sum_x shared (fun i => q i x) n.
  rewrite /shared exchange_big /=; apply: eq_bigr => i _; rewrite exchange_big /=.
  by apply: eq_bigr => j _; apply: common.
have [v0 <-] := lv; rewrite exchange_big /= -big_split /=; apply: ler_sum => x _.
by apply: candidates => // i; case: (lq i).
Qed.
End Candidates.
