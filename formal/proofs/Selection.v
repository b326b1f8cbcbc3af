(* Kullback-Leibler divergences of finite laws, by real logarithms: log-loss, and which rows to delete. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From mathcomp.analysis Require Import reals sequences exp.
From neverseen Require Import Closeness RealEps.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Logarithm.
Variable R : realType.
Implicit Types x y t u v c : R.

Lemma ln_mul x y : 0 < x -> 0 < y -> ln (x * y) = ln x + ln y.
Proof. by move=> x0 y0; rewrite lnM // posrE. Qed.
Lemma ln_quotient x y : 0 < x -> 0 < y -> ln (x / y) = ln x - ln y.
Proof. by move=> x0 y0; rewrite ln_div // posrE. Qed.
Lemma ln_le x y : 0 < x -> x <= y -> ln x <= ln y.
Proof. by move=> x0 xy; rewrite ler_ln // posrE // (lt_le_trans x0). Qed.
Lemma ln_tangent x m : 0 < x -> 0 < m -> ln x <= ln m + (x - m) / m.
Proof.
move=> x0 m0; rewrite -ler_subl_addl -ln_quotient //.
have q0 : 0 < x / m by rewrite divr_gt0.
have := expR_tangent (ln (x / m)); rewrite lnK ?posrE // addrC -ler_subr_addr.
by rewrite mulrBl divff // gt_eqF.
Qed.

(* ln is concave through 1. *)
Lemma ln_concave t y : 0 <= t <= 1 -> 0 < y -> t * ln y <= ln (1 + t * (y - 1)).
Proof.
case/andP=> t0 t1 y0; set m := 1 + t * (y - 1).
have m0 : 0 < m.
  have -> : m = (1 - t) + t * y by rewrite /m; ring.
  move: t0; rewrite le_eqVlt => /orP[/eqP<-|t0']; first by rewrite subr0 mul0r addr0 ltr01.
  by rewrite ltr_paddl ?subr_ge0 // mulr_gt0.
have h1 := ln_tangent ltr01 m0; have h2 := ln_tangent y0 m0.
have t1' : 0 <= 1 - t by rewrite subr_ge0.
have := ler_add (ler_wpmul2l t1' h1) (ler_wpmul2l t0 h2); rewrite ln1 mulr0 add0r.
suff -> : (1 - t) * (ln m + (1 - m) / m) + t * (ln m + (y - m) / m) = ln m by [].
have -> : (1 - t) * (ln m + (1 - m) / m) + t * (ln m + (y - m) / m) =
          ln m + (1 + t * (y - 1) - m) / m by ring.
by rewrite /m subrr mul0r addr0.
Qed.

(* log (1 + c u) / u does not rise with u. *)
Lemma log_share c u v : 0 <= c -> 0 < v -> v <= u -> v * ln (1 + c * u) <= u * ln (1 + c * v).
Proof.
move=> c0 v0 vu; have u0 : 0 < u by apply: lt_le_trans vu.
have cu : 0 < 1 + c * u by rewrite ltr_spaddl ?ltr01 // mulr_ge0 // ltW.
have t01 : 0 <= v / u <= 1.
  by apply/andP; split; [rewrite divr_ge0 // ltW | rewrite ler_pdivr_mulr // mul1r].
have e : u * (v / u) = v by rewrite mulrCA divff ?gt_eqF // mulr1.
have := ler_wpmul2l (ltW u0) (ln_concave t01 cu); rewrite mulrA e.
suff -> : 1 + v / u * (1 + c * u - 1) = 1 + c * v by [].
have -> : 1 + v / u * (1 + c * u - 1) = 1 + c * v * (u / u) by ring.
by rewrite divff ?gt_eqF // mulr1.
Qed.
End Logarithm.

Section Divergence.
Variables (R : realType) (X : finType).
Implicit Types (p q : X -> R) (S : {set X}).

Definition KL p q := \sum_x p x * ln (p x / q x).

Section Deletion.
(* p1 is unwanted, p2 retained; share is the part of p1 in the whole. Either may be 0 anywhere. *)
Variables (p1 p2 : X -> R) (share : R).
Hypothesis l1 : law p1.
Hypothesis l2 : law p2.
Hypothesis share01 : 0 <= share < 1.

Definition whole x := share * p1 x + (1 - share) * p2 x.
Definition total S := 1 - share * pr S p1.
(* The mixture once S has been deleted from p1. *)
Definition after_deletion S x := (share * (if x \in S then 0 else p1 x) + (1 - share) * p2 x) / total S.
(* What deleting x does to a divergence, per unit of mass. *)
Definition lift x := ln (1 + share / (1 - share) * (p1 x / p2 x)).
(* Where a divergence is finite. Beyond, KL above, with the logarithm of 0 read as 0, is not it. *)
Definition finite_KL p q := forall x, 0 < p x -> 0 < q x.

Let p1_ge0 x : 0 <= p1 x. Proof. by case: l1. Qed.
Let p2_ge0 x : 0 <= p2 x. Proof. by case: l2. Qed.
Let s0 : 0 <= share. Proof. by case/andP: share01. Qed.
Let s1 : 0 < 1 - share. Proof. by rewrite subr_gt0; case/andP: share01. Qed.
Let c0 : 0 <= share / (1 - share). Proof. by rewrite divr_ge0 // ltW. Qed.
Lemma total_gt0 S : 0 < total S.
Proof.
rewrite subr_gt0; apply: le_lt_trans (_ : share < 1); last by case/andP: share01.
by rewrite ler_pimulr // pr_le1.
Qed.
Lemma after_gt0 S x : (0 < after_deletion S x) = (0 < (if x \in S then (1 - share) * p2 x else whole x)).
Proof. by rewrite /after_deletion pmulr_lgt0 ?invr_gt0 ?total_gt0 //; case: ifP => // _; rewrite mulr0 add0r. Qed.
Lemma lift_ge0 x : 0 <= lift x.
Proof. by apply: ln_ge0; rewrite ler_addl mulr_ge0 // divr_ge0. Qed.
Lemma lift_arg x : 0 < p2 x -> 1 + share / (1 - share) * (p1 x / p2 x) = whole x / ((1 - share) * p2 x).
Proof.
move=> p2x; have -> : whole x / ((1 - share) * p2 x) =
          (1 - share) / (1 - share) * (p2 x / p2 x) + share / (1 - share) * (p1 x / p2 x).
  by rewrite /whole invfM; set a := (1 - share)^-1; set b := (p2 x)^-1; ring.
by rewrite !divff ?gt_eqF // mulr1.
Qed.

(** T21a. What a deletion does to a divergence: for every law p whose divergence it leaves finite. *)
Theorem T21a p S : law p -> finite_KL p (after_deletion S) ->
  KL p (after_deletion S) = KL p whole + ln (total S) + \sum_(x in S) p x * lift x.
Proof.
case=> p0 pE fin; rewrite -[ln (total S)]mul1r -pE mulr_suml [X in _ + X]big_mkcond /= -!big_split /=.
apply: eq_bigr => x _; have := p0 x; rewrite le_eqVlt => /orP[/eqP<-|px].
  by rewrite !mul0r !add0r; case: ifP.
have z := total_gt0 S; have := fin _ px; rewrite after_gt0 /after_deletion; case: ifP => xS pos.
  have p2x : 0 < p2 x by rewrite pmulr_rgt0 in pos.
  have w : 0 < whole x by rewrite ltr_paddl // mulr_ge0.
  by rewrite /lift lift_arg // mulr0 add0r !ln_quotient ?divr_gt0 //; ring.
by rewrite -/(whole x) !ln_quotient ?divr_gt0 // addr0; ring.
Qed.

(* S holds the largest likelihood ratios: none outside it has a larger one. Multiplied out, so that a row of p1 alone,
   where p2 is 0, has the largest of all. *)
Definition likeliest S := forall x y, x \in S -> y \notin S -> p1 y * p2 x <= p1 x * p2 y.

(* Two sets of one mass under p1: what a weight gains on the one and loses on the other. *)
Lemma exchange S S' (f : X -> R) : pr S p1 = pr S' p1 ->
  (forall x y, x \in S -> x \notin S' -> y \in S' -> y \notin S -> p1 y * (p1 x * f x) <= p1 x * (p1 y * f y)) ->
  \sum_(x in S) p1 x * f x <= \sum_(x in S') p1 x * f x.
Proof.
move=> same h; pose only (A B : {set X}) := \sum_(x | (x \in A) && (x \notin B)) p1 x.
have split_mass (A B : {set X}) (k : X -> R) : \sum_(x in A) k x =
   \sum_(x | (x \in A) && (x \in B)) k x + \sum_(x | (x \in A) && (x \notin B)) k x.
  by rewrite (bigID (mem B)).
have both (k : X -> R) : \sum_(x | (x \in S) && (x \in S')) k x = \sum_(x | (x \in S') && (x \in S)) k x.
  by apply: eq_bigl => x; rewrite andbC.
have mass : only S S' = only S' S.
  move: same; rewrite /pr (split_mass S S') (split_mass S' S) both; exact: addrI.
rewrite (split_mass S S') (split_mass S' S) both ler_add2l.
have nonneg A B : 0 <= only A B by apply: sumr_ge0.
have := nonneg S S'; rewrite le_eqVlt => /orP[/eqP zero|b].
  have gone A B : 0 = only A B -> \sum_(x | (x \in A) && (x \notin B)) p1 x * f x = 0.
    move=> z; apply: big1 => x xAB; suff -> : p1 x = 0 by rewrite mul0r.
    by apply: (psumr_eq0P (P := fun x => (x \in A) && (x \notin B)) _ (esym z)).
  by rewrite !gone // -mass.
rewrite -(ler_pmul2l b) {1}mass /only !mulr_suml.
under eq_bigr do rewrite mulr_sumr; under [X in _ <= X]eq_bigr do rewrite mulr_sumr.
rewrite exchange_big /=; apply: ler_sum => x /andP[xS xS']; apply: ler_sum => y /andP[yS' yS].
exact: h.
Qed.

Lemma lift_mono x y : p1 y / p2 y <= p1 x / p2 x -> lift y <= lift x.
Proof.
move=> le; apply: ln_le; last by rewrite ler_add2l ler_wpmul2l.
by rewrite ltr_spaddl ?ltr01 // mulr_ge0 // divr_ge0.
Qed.

(* p2 stays finite whatever is deleted. *)
Lemma p2_finite S : finite_KL p2 (after_deletion S).
Proof.
move=> x p2x; have b : 0 < (1 - share) * p2 x by rewrite mulr_gt0.
by rewrite after_gt0; case: ifP => // _; rewrite ltr_paddl // mulr_ge0.
Qed.

(* Where the likeliest rows can go, any as heavy a set can. *)
Lemma p1_finite S S' : likeliest S -> pr S' p1 = pr S p1 ->
  finite_KL p1 (after_deletion S) -> finite_KL p1 (after_deletion S').
Proof.
move=> best same fin x px; rewrite after_gt0.
have w : 0 < whole x.
  have := fin _ px; rewrite after_gt0; case: ifP => // _ b.
  by rewrite ltr_paddl // mulr_ge0.
case: ifP => // xS'; rewrite mulr_gt0 // lt_neqAle p2_ge0 andbT eq_sym; apply/eqP => z.
have in_S y : y \in S -> 0 < p1 y -> 0 < p2 y.
  by move=> yS py; have := fin _ py; rewrite after_gt0 yS pmulr_rgt0.
have xS : x \notin S by apply/negP => /in_S/(_ px); rewrite z ltxx.
have : 0 < pr S' p1.
  by rewrite /pr (bigD1 x) //= ltr_paddr // sumr_ge0.
rewrite same /pr big1 ?ltxx // => y yS; apply/eqP; rewrite eq_le p1_ge0 andbT leNgt; apply/negP => py.
by have := best _ _ yS xS; rewrite z mulr0 leNgt mulr_gt0 // in_S.
Qed.

(** T21b. Thresholding the likelihood ratio is optimal, both ways: among all sets of its mass under p1 the likeliest
    one moves the mixture farthest from p1 and least from p2. Equal atoms are not needed, only equal masses; p1 and p2
    may be 0 anywhere. An infinite divergence is the farthest: where deleting the likeliest leaves p1 a finite one, so
    does deleting any such set, and it is no larger. *)
Theorem T21b S S' : likeliest S -> pr S' p1 = pr S p1 ->
  (finite_KL p1 (after_deletion S) ->
    finite_KL p1 (after_deletion S') /\ KL p1 (after_deletion S') <= KL p1 (after_deletion S)) /\
  [/\ finite_KL p2 (after_deletion S), finite_KL p2 (after_deletion S') &
    KL p2 (after_deletion S) <= KL p2 (after_deletion S')].
Proof.
move=> best same; have fin2 := p2_finite; split=> [fin|].
  have fin' := p1_finite best same fin; split=> //.
  rewrite !T21a // /total same !ler_add2l; apply: exchange => // x y xS' xS yS yS'; rewrite mulrCA.
  have := p1_ge0 x; rewrite le_eqVlt => /orP[/eqP<-|px]; first by rewrite !mul0r.
  have := p1_ge0 y; rewrite le_eqVlt => /orP[/eqP<-|py]; first by rewrite !mul0r mulr0.
  have p2y : 0 < p2 y by have := fin _ py; rewrite after_gt0 yS pmulr_rgt0.
  have p2x : 0 < p2 x by have := fin' _ px; rewrite after_gt0 xS' pmulr_rgt0.
  rewrite ler_wpmul2l // ler_wpmul2l //; apply: lift_mono.
  by rewrite ler_pdivr_mulr // mulrAC ler_pdivl_mulr // best.
split=> //; rewrite !T21a // /total same !ler_add2l.
pose f x := p2 x / p1 x * lift x.
have by_p1 x : p2 x * lift x = p1 x * f x.
  rewrite /f; case: (eqVneq (p1 x) 0) => [z|nz]; last by rewrite mulrA mulrCA mulfV // mulr1.
  by rewrite /lift z !mul0r mulr0 addr0 ln1 mulr0.
rewrite (eq_bigr _ (fun x _ => by_p1 x)) [X in _ <= X](eq_bigr _ (fun x _ => by_p1 x)).
apply: exchange => [|x y xS xS' yS' yS]; first exact: esym.
rewrite -!by_p1; have right0 : 0 <= p1 x * (p2 y * lift y) by rewrite !mulr_ge0 // lift_ge0.
have := p1_ge0 y; rewrite le_eqVlt => /orP[/eqP z|y0]; first by rewrite -z mul0r.
have := p2_ge0 x; rewrite le_eqVlt => /orP[/eqP z|x0]; first by rewrite -[p2 x]z mul0r mulr0.
have cross := best x y xS yS; have both : 0 < p1 x * p2 y by apply: lt_le_trans cross; rewrite mulr_gt0.
have y2 : 0 < p2 y.
  by rewrite lt_neqAle p2_ge0 andbT eq_sym; apply: contraTneq both => ->; rewrite mulr0 ltxx.
have v0 : 0 < p1 y / p2 y by rewrite divr_gt0.
have vu : p1 y / p2 y <= p1 x / p2 x by rewrite ler_pdivr_mulr // mulrAC ler_pdivl_mulr.
have := log_share c0 v0 vu; rewrite -/(lift x) -/(lift y) => le.
have pp : 0 <= p2 x * p2 y by rewrite mulr_ge0 // ltW.
have := ler_wpmul2l pp le.
have -> : p2 x * p2 y * (p1 y / p2 y * lift x) = p1 y * (p2 x * lift x) * (p2 y / p2 y) by ring.
have -> : p2 x * p2 y * (p1 x / p2 x * lift y) = p1 x * (p2 y * lift y) * (p2 x / p2 x) by ring.
by rewrite !divff ?gt_eqF // !mulr1.
Qed.
End Deletion.
End Divergence.

(** T21b with the ratios divided out, p1/0 read as 0, is false: a row of p1 alone then comes last, and deleting it takes
    p1 infinitely far. *)
Theorem T21b_twin (R : realType) : exists (p1 p2 : bool -> R) (share : R) (S S' : {set bool}),
  [/\ law p1, law p2, 0 <= share < 1, pr S' p1 = pr S p1 &
    forall x y, x \in S -> y \notin S -> p1 y / p2 y <= p1 x / p2 x] /\
  (finite_KL p1 (after_deletion p1 p2 share S) /\ ~ finite_KL p1 (after_deletion p1 p2 share S')).
Proof.
have h0 : 0 < 2%:R^-1 :> R by rewrite invr_gt0 ltr0n.
have h1 : 2%:R^-1 < 1 :> R by rewrite invf_lt1 ?ltr0n // ltr1n.
have s01 : 0 <= (2%:R^-1 : R) < 1 by rewrite h1 andbT ltW.
have l1 : law (fun _ : bool => 2%:R^-1 : R).
  split=> [_|]; first exact: ltW.
  by rewrite big_bool /=; have := @splitr R 1; rewrite mul1r => <-.
have l2 : law (fun b : bool => b%:R : R).
  split=> [b|]; first exact: ler0n.
  by rewrite big_bool /= addr0.
exists (fun _ => 2%:R^-1), (fun b => b%:R), 2%:R^-1, [set true], [set false]; split.
  split=> //; first by rewrite /pr !big_set1.
  move=> x y _; rewrite !inE; case: y => // _.
  by rewrite invr0 mulr0 divr_ge0 ?ler0n // ltW.
split=> [[|] _|/(_ false h0)]; rewrite (after_gt0 _ l1 s01) !inE /=.
- by rewrite mulr1 subr_gt0.
- by rewrite /whole /= mulr0 addr0 mulr_gt0.
by rewrite mulr0 ltxx.
Qed.

Section LogLoss.
Variables (R : realType) (X Y : finType) (P Q : X * Y -> R).
Hypothesis lP : law P.
Hypothesis Q_gt0 : forall xy, 0 < Q xy.

Definition marginal (P : X * Y -> R) x := \sum_y P (x, y).
Definition given (P : X * Y -> R) (xy : X * Y) := P xy / marginal P xy.1.
(* E_P of -log q(y|x), and the conditional entropy. *)
Definition log_loss := - \sum_xy P xy * ln (given Q xy).
Definition entropy := - \sum_xy P xy * ln (given P xy).

(** T19. The chain rule of excess log-loss. *)
Theorem T19 : log_loss - entropy = KL P Q - KL (marginal P) (marginal Q).
Proof.
have [P0 _] := lP.
have -> : KL (marginal P) (marginal Q) = \sum_xy P xy * ln (marginal P xy.1 / marginal Q xy.1).
  rewrite (eq_bigr (fun xy => P (xy.1, xy.2) * ln (marginal P xy.1 / marginal Q xy.1))); last by case.
  rewrite -(pair_bigA _ (fun x y => P (x, y) * ln (marginal P x / marginal Q x))) /=.
  by apply: eq_bigr => x _; rewrite -mulr_suml.
rewrite /log_loss /entropy /KL opprK addrC -!sumrB; apply: eq_bigr => -[x y] _ /=.
have := P0 (x, y); rewrite le_eqVlt => /orP[/eqP<-|pxy]; first by rewrite !mul0r.
have part (r : X * Y -> R) : (forall xy, 0 <= r xy) -> 0 < r (x, y) -> 0 < marginal r x.
  by move=> r0 rxy; rewrite /marginal (bigD1 y) //= ltr_paddr // sumr_ge0.
have mP := part P P0 pxy; have mQ := part Q (fun xy => ltW (Q_gt0 xy)) (Q_gt0 _).
by rewrite /given /= !ln_quotient //; ring.
Qed.
End LogLoss.
