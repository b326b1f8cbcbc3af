(* How distances to two references combine, and closeness along a chain of laws. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness Coins.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Chains.
Variables (R : realFieldType) (T : finType).
Implicit Types (p q r u s f : T -> R) (E : {set T}) (g d t : R).

(** T2a. Independence of the two notions: tau is at most the sum of the two distances. *)
Theorem T2a u s f : tv s f <= tv u s + tv u f.
Proof. by rewrite [tv u s]tv_sym; apply: tv_triangle. Qed.

(** T2b. It is tight: mixtures of the two references attain it, at every share. *)
Theorem T2b t s f : 0 <= t <= 1 ->
  let u x := (1 - t) * s x + t * f x in
  [/\ tv u s = t * tv s f, tv u f = (1 - t) * tv s f & tv u s + tv u f = tv s f].
Proof.
case/andP=> t0 t1 u.
have us : tv u s = t * tv s f.
  rewrite /tv mulrA mulr_sumr; congr (_ / _); apply: eq_bigr => x _.
  by rewrite -[X in X * _](ger0_norm t0) -normrM distrC; congr `|_|; rewrite /u; ring.
have uf : tv u f = (1 - t) * tv s f.
  have t1' : 0 <= 1 - t by rewrite subr_ge0.
  rewrite /tv mulrA mulr_sumr; congr (_ / _); apply: eq_bigr => x _.
  by rewrite -[X in X * _](ger0_norm t1') -normrM; congr `|_|; rewrite /u; ring.
by split; rewrite // us uf; ring.
Qed.

(** T2a, as a price: untraining within delta is unlearning within delta + tau. *)
Theorem T2a_price u s f d : tv u s <= d -> tv u f <= d + tv s f.
Proof. by move=> us; apply: le_trans (tv_triangle u s f) _; rewrite ler_add2r. Qed.

Lemma chain1 g1 g2 d1 d2 p q r E : 0 <= g1 ->
  pr E p <= g1 * pr E q + d1 -> pr E q <= g2 * pr E r + d2 ->
  pr E p <= g1 * g2 * pr E r + (d1 + g1 * d2).
Proof.
move=> g10 pq qr; apply: (le_trans pq); rewrite [d1 + _]addrC addrA ler_add2r -mulrA -mulrDr.
exact: ler_wpmul2l.
Qed.

(** T3. Chaining. *)
Theorem T3 g1 g2 d1 d2 p q r : 0 <= g1 -> 0 <= g2 ->
  close g1 d1 p q -> close g2 d2 q r ->
  close (g1 * g2) (Num.max (d1 + g1 * d2) (d2 + g2 * d1)) p r.
Proof.
move=> g10 g20 pq qr E; have [pq1 pq2] := pq E; have [qr1 qr2] := qr E; split.
  apply: le_trans (chain1 g10 pq1 qr1) _; by rewrite ler_add2l le_maxr lexx.
apply: le_trans (chain1 g20 qr2 pq2) _; by rewrite [g2 * g1]mulrC ler_add2l le_maxr lexx orbT.
Qed.

(** T5 along any chain of laws: k steps of (gamma, delta). *)
Theorem T5_chain (k : nat) g d (a : nat -> T -> R) : 0 <= g ->
  (forall i, (i < k)%N -> close g d (a i) (a i.+1)) ->
  close (g ^+ k) (d * \sum_(i < k) g ^+ i) (a 0%N) (a k).
Proof.
move=> g0; elim: k => [|k IH] h; first by rewrite expr0 big_ord0 mulr0; apply: close_refl.
have step := T3 (exprn_ge0 k g0) g0 (IH (fun i ik => h i (ltnW ik))) (h k (leqnn _)).
have front : d * (\sum_(i < k) g ^+ i) + g ^+ k * d = d * (\sum_(i < k.+1) g ^+ i).
  by rewrite big_ord_recr /= mulrDr [g ^+ k * d]mulrC.
have back : d + g * (d * (\sum_(i < k) g ^+ i)) = d * (\sum_(i < k.+1) g ^+ i).
  rewrite big_ord_recl expr0 mulrDr mulr1 mulrCA; congr (_ + _ * _).
  by rewrite mulr_sumr; apply: eq_bigr => i _; rewrite -exprS.
by move: step; rewrite front back maxxx -exprSr.
Qed.

(** T6a. Forget-set invariance, the price. *)
Theorem T6a g d u u' f : 0 <= g ->
  close g d u f -> close g d u' f -> close (g * g) ((1 + g) * d) u u'.
Proof. by move=> g0 h h'; have := T3 g0 g0 h (close_sym h'); rewrite maxxx mulrDl mul1r. Qed.

(** T8a. Non-identifiability: the larger distance is at least half of what separates the targets. *)
Theorem T8a u s f : tv s f <= 2%:R * Num.max (tv u s) (tv u f).
Proof.
apply: (le_trans (T2a u s f)); rewrite mulr_natl mulr2n.
by apply: ler_add; rewrite le_maxr lexx ?orbT.
Qed.

(** T8a at every gamma: one law close to two targets holds the targets to within the square. *)
Theorem T8a_gamma g d u s f : 0 <= g ->
  close g d u s -> close g d u f -> close (g * g) ((1 + g) * d) s f.
Proof. by move=> g0 h h'; apply: (@T6a g d s f u g0); apply: close_sym. Qed.

Definition sure (a : T) : T -> R := fun x => (x == a)%:R.

(** T11. Deterministic algorithms are all-or-nothing. *)
Theorem T11 g (a b : T) : 1 <= g -> hs g (sure a) (sure b) = (a != b)%:R.
Proof.
move=> g1; rewrite /hs (bigD1 a) //= big1 ?addr0; last first.
  move=> x xa; rewrite /sure (negbTE xa) pos_0 // sub0r oppr_le0.
  by rewrite mulr_ge0 ?ler0n // (le_trans ler01).
rewrite /sure eqxx; case: eqP => _; last by rewrite mulr0 subr0 pos_id ?ler01.
by rewrite mulr1 pos_0 // subr_le0.
Qed.
End Chains.

(** The maximum in place of the sum in T2a is false. *)
Theorem T2a_twin : exists u s f : bool -> rat,
  [/\ law u, law s & law f] /\ ~ tv s f <= Num.max (tv u s) (tv u f).
Proof.
exists (coin (1%:Q / 2%:Q)), (coin 0), (coin 1); split; first by split; a_law.
by rewrite !tv_coin; vm_compute.
Qed.

(** T3 with the sum of the two gammas in place of the product is false. *)
Theorem T3_twin : exists (p q r : bool -> rat) (g : rat),
  [/\ law p, law q & law r] /\ [/\ close g 0 p q, close g 0 q r & ~ close (g + g) 0 p r].
Proof.
exists (coin (9%:Q / 16%:Q)), (coin (3%:Q / 16%:Q)), (coin (1%:Q / 16%:Q)), 3%:Q.
split; first by split; a_law.
split; [are_close | are_close |].
are_not_close.
Qed.

(** T3 is attained. *)
Theorem T3_attained : exists p q r : bool -> rat, exists g d1 d2 : rat,
  [/\ law p, law q & law r] /\
  [/\ close g d1 p q, close g d2 q r & excess (g * g) p r = Num.max (d1 + g * d2) (d2 + g * d1)].
Proof.
exists (coin (5%:Q / 8%:Q)), (coin (1%:Q / 4%:Q)), (coin (1%:Q / 16%:Q)), 2%:Q, (1%:Q / 8%:Q), (1%:Q / 8%:Q).
split; first by split; a_law.
split; [are_close | are_close |].
by rewrite /excess !hs_coin; apply/eqP; number.
Qed.

(** T5 with the delta of one step for every k is false. *)
Theorem T5_twin : exists (a b c : bool -> rat) (d : rat),
  [/\ law a, law b & law c] /\ [/\ close 1 d a b, close 1 d b c & ~ close 1 d a c].
Proof.
exists (coin (1%:Q / 2%:Q)), (coin (1%:Q / 4%:Q)), (coin 0), (1%:Q / 4%:Q).
split; first by split; a_law.
split; [are_close | are_close |].
are_not_close.
Qed.

(** T6a with gamma * delta in place of (1 + gamma) * delta is false. *)
Theorem T6a_twin : exists (u u' f : bool -> rat) (d : rat),
  [/\ law u, law u' & law f] /\ [/\ close 1 d u f, close 1 d u' f & ~ close 1 d u u'].
Proof.
exists (coin (1%:Q / 2%:Q)), (coin 0), (coin (1%:Q / 4%:Q)), (1%:Q / 4%:Q).
split; first by split; a_law.
split; [are_close | are_close |].
are_not_close.
Qed.

(** T8a without the factor 2 is false; with it, it is attained. *)
Theorem T8a_twin : exists u s f : bool -> rat, [/\ law u, law s & law f] /\
  (tv s f = 2%:Q * Num.max (tv u s) (tv u f)) /\ ~ tv s f <= Num.max (tv u s) (tv u f).
Proof.
exists (coin (1%:Q / 2%:Q)), (coin 0), (coin 1); split; first by split; a_law.
by rewrite !tv_coin; split; [apply/eqP; number | vm_compute].
Qed.

(** T11 with one of the two laws a point mass is false. *)
Theorem T11_twin : exists p : bool -> rat,
  [/\ law p, hs 1 (sure rat_realFieldType true) p <> 0 & hs 1 (sure rat_realFieldType true) p <> 1].
Proof.
exists (coin (1%:Q / 2%:Q)); split; first by a_law.
  by rewrite /hs sum_bool; apply/eqP; number.
by rewrite /hs sum_bool; apply/eqP; number.
Qed.
