(* Unlearning at the level of the dataset, given the rows that stay, and at the level of the distribution. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness Coins Chains Profiles Mixtures Worlds.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Levels.
Variables (R : realFieldType) (Z T : finType).
(* Z is the type of datasets, w the law of D; p and q are laws of the model given D. *)
Variable w : Z -> R.
Hypothesis lw : law w.
Implicit Types (p q u s f : Z -> T -> R) (g d : R).

Lemma w_ge0 z : 0 <= w z. Proof. by case: lw => w0 _; apply: w0. Qed.

(** F6. Unlearning at every dataset gives unlearning of the distribution: averaging over D can only hide. *)
Theorem F6 g p q : excess g (mix w p) (mix w q) <= \sum_z w z * excess g (p z) (q z).
Proof.
rewrite /excess le_maxl; apply/andP; split; apply: le_trans (hs_mix _ _ _ w_ge0) _.
  by apply: ler_sum => z _; rewrite ler_wpmul2l ?w_ge0 // le_maxr lexx.
by apply: ler_sum => z _; rewrite ler_wpmul2l ?w_ge0 // le_maxr lexx orbT.
Qed.

(* What is compared by one who sees the retained rows k(D) beside the model: the joint law of both. *)
Definition seen (K : finType) (k : Z -> K) p : K * T -> R :=
  fun km => \sum_(z | k z == km.1) w z * p z km.2.

Lemma hs_seen (K : finType) (k : Z -> K) g p q :
  hs g (seen k p) (seen k q) =
  \sum_c hs g (fun x => \sum_(z | k z == c) w z * p z x) (fun x => \sum_(z | k z == c) w z * q z x).
Proof. by rewrite /hs pair_big /=; apply: eq_bigr => -[]. Qed.

(** The chain of levels: the marginal law of the model, what is seen beside the retained rows (or any other function
    of D), and the mean over D. The first can only hide what the second shows, the second what the third shows. *)
Theorem chain_of_levels (K : finType) (k : Z -> K) g p q :
  hs g (mix w p) (mix w q) <= hs g (seen k p) (seen k q) /\
  hs g (seen k p) (seen k q) <= \sum_z w z * hs g (p z) (q z).
Proof.
rewrite hs_seen; split.
  have marginal (r : Z -> T -> R) : mix w r =1 (fun x => \sum_c \sum_(z | k z == c) w z * r z x).
    by move=> x; rewrite /mix (partition_big k xpredT).
  by rewrite (hs_eq _ (marginal p) (marginal q)); apply: hs_sum.
rewrite (partition_big k xpredT) //=; apply: ler_sum => c _.
rewrite -(eq_bigr _ (fun z _ => hs_scale g (p z) (q z) (w_ge0 z))).
have pick (r : Z -> T -> R) : (fun x => \sum_(z | k z == c) w z * r z x) =1
    (fun x => \sum_z (if k z == c then w z * r z x else 0)) by move=> x; rewrite big_mkcond.
rewrite (hs_eq _ (pick p) (pick q)); apply: le_trans (hs_sum _ _ _) _.
rewrite [X in _ <= X]big_mkcond /=; apply: ler_sum => z _; case: (k z == c) => //.
by rewrite /hs big1 // => x _; rewrite mulr0 subr0 pos_0.
Qed.

(** F8. From untraining to unlearning of the distribution. *)
Theorem F8 u s f : (forall z, law (u z)) -> (forall z, law (s z)) -> (forall z, law (f z)) ->
  tv (mix w u) (mix w f) <= \sum_z w z * tv (u z) (s z) + tv (mix w s) (mix w f).
Proof.
move=> lu ls lf; apply: le_trans (tv_triangle _ (mix w s) _) _; rewrite ler_add2r.
have mixed (r : Z -> T -> R) : (forall z, law (r z)) -> law (mix w r) by move=> lr; apply: (push_law lw).
rewrite tv_hs; try exact: mixed.
by apply: le_trans (hs_mix _ _ _ w_ge0) _; apply: ler_sum => z _; rewrite tv_hs.
Qed.
End Levels.

Section Thinning.
Variables (R : realFieldType) (X : finType) (p : X -> R) (B : {set X}).
Hypothesis p_ge0 : forall x, 0 <= p x.
Hypothesis p_1 : \sum_x p x = 1.

(* The mean of f over n independent draws from r, in the order drawn. *)
Fixpoint draws (r : X -> R) n (f : seq X -> R) : R :=
  if n is n'.+1 then \sum_x r x * draws r n' (fun s => f (x :: s)) else f [::].

(* The population's share outside the behaviour, and the law of a row given that it is outside. *)
Definition share := \sum_(x | x \notin B) p x.
Definition rest x := if x \in B then 0 else p x / share.

Lemma draws_eq r n f f' : f =1 f' -> draws r n f = draws r n f'.
Proof.
elim: n f f' => [|n IH] f f' e /=; first exact: e.
by apply: eq_bigr => x _; congr (_ * _); apply: IH => s; apply: e.
Qed.
Lemma draws_sum r n (I : Type) (l : seq I) (c : I -> R) (f : I -> seq X -> R) :
  draws r n (fun s => \sum_(i <- l) c i * f i s) = \sum_(i <- l) c i * draws r n (f i).
Proof.
elim: n f => [|n IH] f //=.
under eq_bigr do rewrite IH mulr_sumr.
rewrite exchange_big /=; apply: eq_bigr => i _; rewrite mulr_sumr.
by apply: eq_bigr => x _; rewrite mulrCA.
Qed.

Lemma share_rest x : x \notin B -> share * rest x = p x.
Proof.
move=> xB; rewrite /rest (negbTE xB); case: (eqVneq share 0) => [s0|s0]; last by rewrite mulrCA mulfV ?mulr1.
rewrite s0 mul0r; apply/esym; apply: (psumr_eq0P _ s0) => // y _; exact: p_ge0.
Qed.
Lemma share_out : \sum_(x in B) p x = 1 - share.
Proof. by rewrite -p_1 [X in _ = X - _](bigID (mem B)) /= addrK. Qed.

Definition thinned n f := \sum_(m < n.+1) ('C(n, m)%:R * share ^+ m * (1 - share) ^+ (n - m)) * draws rest m f.

Lemma thinned_step n f :
  thinned n.+1 f = (1 - share) * thinned n f + share * \sum_x rest x * thinned n (fun s => f (x :: s)).
Proof.
pose b n m := 'C(n, m)%:R * share ^+ m * (1 - share) ^+ (n - m) : R.
have -> : \sum_x rest x * thinned n (fun s => f (x :: s)) = \sum_(m < n.+1) b n m * draws rest m.+1 f.
  rewrite /thinned; under eq_bigr do rewrite mulr_sumr.
  rewrite exchange_big /=; apply: eq_bigr => m _; rewrite mulr_sumr.
  by apply: eq_bigr => x _; rewrite mulrCA.
have -> : thinned n f = \sum_(m < n.+2) b n m * draws rest m f.
  by rewrite big_ord_recr /= /b bin_small // !mul0r addr0.
rewrite /thinned [LHS]big_ord_recl [X in _ = _ * X + _]big_ord_recl /= mulrDr -addrA; congr (_ + _).
  by rewrite /b !bin0 !subn0 exprS; ring.
rewrite !mulr_sumr -big_split /=; apply: eq_bigr => m _.
rewrite /bump /= !add1n /b binS natrD subSS.
case: (ltnP m n) => mn; first by rewrite -(subnSK mn) !exprS; ring.
by rewrite (@bin_small n m.+1) ?ltnS // exprS; ring.
Qed.

(** F7. Striking out the behaviour is training on a thinned draw of the rest: the number of rows that stay is
    binomial, and given it they are independent draws from the rest. For every function of the rows in their order,
    such as the probability of an event under a learner. *)
Theorem F7 n (f : seq X -> R) :
  draws p n (fun s => f [seq x <- s | x \notin B]) =
  \sum_(m < n.+1) ('C(n, m)%:R * share ^+ m * (1 - share) ^+ (n - m)) * draws rest m f.
Proof.
rewrite -/(thinned n f); elim: n f => [|n IH] f.
  by rewrite /thinned big_ord_recl big_ord0 /= bin0 !mul1r addr0.
rewrite thinned_step -share_out /= (bigID (mem B)) /=; congr (_ + _).
  rewrite mulr_suml; apply: eq_bigr => x xB; rewrite -IH; congr (_ * _).
  by apply: draws_eq => s; rewrite /= xB.
rewrite mulr_sumr [RHS](bigID (mem B)) /= [X in _ = X + _]big1 ?add0r; last first.
  by move=> x xB; rewrite /rest xB mul0r mulr0.
apply: eq_bigr => x xB; rewrite mulrA share_rest // -IH; congr (_ * _).
by apply: draws_eq => s; rewrite /= xB.
Qed.
End Thinning.

Definition fair_coin : bool -> rat := coin (1%:Q / 2%:Q).

(** F6 in the other direction is false: averaging over D hides. *)
Theorem F6_twin : exists (w : bool -> rat) (p q : bool -> bool -> rat), law w /\
  ~ excess 1 (mix w p) (mix w q) >= \sum_z w z * excess 1 (p z) (q z).
Proof.
exists fair_coin, (coins 0 1), (coins 1 0); split; first by a_law.
by rewrite /excess sum_bool /hs !sum_bool /mix !sum_bool; vm_compute.
Qed.

(** F7 with as many draws from the rest as there were rows is false. *)
Theorem F7_twin : exists (p : bool -> rat) (B : {set bool}) (f : seq bool -> rat), law p /\
  draws p 1 (fun s => f [seq x <- s | x \notin B]) <> draws (rest p B) 1 f.
Proof.
exists fair_coin, [set true], (fun s => (size s)%:R); split; first by a_law.
rewrite /= !sum_bool /rest /share !inE /= big_mkcond sum_bool !inE /=; by apply/eqP; number.
Qed.

(** F8 with the maximum in place of the sum is false. *)
Theorem F8_twin : exists (w : bool -> rat) (u s f : bool -> bool -> rat),
  [/\ law w, kernel u, kernel s & kernel f] /\
  ~ tv (mix w u) (mix w f) <= Num.max (\sum_z w z * tv (u z) (s z)) (tv (mix w s) (mix w f)).
Proof.
exists fair_coin, (coins 0 0), (coins (1%:Q / 2%:Q) (1%:Q / 2%:Q)), (coins 1 1).
split; first by split; [a_law | case; a_law | case; a_law | case; a_law].
by rewrite /tv !sum_bool /mix !sum_bool; vm_compute.
Qed.
