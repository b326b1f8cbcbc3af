(* The sequential engine's rule, in exact arithmetic: the bets of properties/engine are fair under the claim, and its
   verdicts keep their levels at every horizon. Of the rule, not of the code: sums in floating point are not modelled,
   but for ville_slack. Views are arrays of floats, of which there are finitely many. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness Coins Mixtures Ville.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Pairs.
Variables (R : realFieldType) (Y : finType).
(* The law of a pair (removed, reference). The arms inside a pair may depend on each other in any way. *)
Implicit Types (r : Y * Y -> R) (a : Y -> R) (g d tau stake : R) (forward : bool).

Definition left_arm r y := \sum_z r (y, z).
Definition right_arm r z := \sum_y r (y, z).
Definition meets g d r := close g d (left_arm r) (right_arm r).

(* What a bet on a test a (an event, or its complement) wins in one pair, in either direction. *)
Definition gain forward a g d (xy : Y * Y) :=
  (if forward then a xy.1 - g * a xy.2 else a xy.2 - g * a xy.1) - d.
(* What it wins in the mean, d aside: at most d for every test and direction is the claim. *)
Definition theta forward a g r :=
  if forward then \sum_y left_arm r y * a y - g * \sum_y right_arm r y * a y
  else \sum_y right_arm r y * a y - g * \sum_y left_arm r y * a y.

Definition a_test a := forall y, 0 <= a y <= 1.
Definition complement a y := 1 - a y.
Lemma complement_test a : a_test a -> a_test (complement a).
Proof. by move=> ta y; have /andP[? ?] := ta y; rewrite subr_ge0 ler_subl_addl ler_addr; apply/andP. Qed.

Lemma sum_left r a : \sum_xy r xy * a xy.1 = \sum_y left_arm r y * a y.
Proof.
rewrite (eq_bigr (fun xy => r (xy.1, xy.2) * a xy.1)); last by case.
rewrite -(pair_bigA _ (fun x y => r (x, y) * a x)) /=.
by apply: eq_bigr => x _; rewrite /left_arm mulr_suml.
Qed.
Lemma sum_right r a : \sum_xy r xy * a xy.2 = \sum_y right_arm r y * a y.
Proof.
rewrite (eq_bigr (fun xy => r (xy.1, xy.2) * a xy.2)); last by case.
rewrite -(pair_bigA _ (fun x y => r (x, y) * a y)) exchange_big /=.
by apply: eq_bigr => x _; rewrite /right_arm mulr_suml.
Qed.

Lemma mean_gain forward a g d r : law r -> \sum_xy r xy * gain forward a g d xy = theta forward a g r - d.
Proof.
case=> _ r1; rewrite /gain /theta; case: forward.
  under eq_bigr do rewrite mulrBr; rewrite sumrB -mulr_suml r1 mul1r; congr (_ - _).
  under eq_bigr do rewrite mulrBr mulrCA.
  by rewrite sumrB -mulr_sumr sum_left sum_right.
under eq_bigr do rewrite mulrBr; rewrite sumrB -mulr_suml r1 mul1r; congr (_ - _).
under eq_bigr do rewrite mulrBr mulrCA.
by rewrite sumrB -mulr_sumr sum_left sum_right.
Qed.

(** Under the claim no bet wins in the mean. Relied on by properties/engine/_bets.py: gains. *)
Theorem no_bet_wins forward a g d r : meets g d r -> a_test a -> theta forward a g r <= d.
Proof.
move=> cl ta; rewrite /theta; case: forward; rewrite ler_subl_addl.
  exact: close_test cl ta.
exact: close_test (close_sym cl) ta.
Qed.

(** The mean of a bet's factor: 1 at the boundary, less within the claim, more beyond. The same form, mean 1 at the
    boundary, is that of refutation and, with the other sign and d + tau, that of acceptance. *)
Theorem mean_of_factor forward a g d r stake : law r ->
  \sum_xy r xy * (1 + stake * gain forward a g d xy) = 1 + stake * (theta forward a g r - d).
Proof.
move=> lr; under eq_bigr do rewrite mulrDr mulr1 mulrCA.
by rewrite big_split /= -mulr_sumr mean_gain //; case: lr => _ ->.
Qed.

Lemma gain_bounds forward a g d xy : 0 <= g -> a_test a -> - (g + d) <= gain forward a g d xy <= 1 - d.
Proof.
move=> g0 ta; rewrite /gain opprD ler_add2r ler_add2r.
have both u v : 0 <= u <= 1 -> 0 <= v <= 1 -> - g <= u - g * v <= 1.
  case/andP=> u0 u1 /andP[v0 v1]; apply/andP; split.
    by rewrite -[X in X <= _]add0r ler_sub // ler_pimulr.
  by rewrite ler_subl_addr; apply: le_trans u1 _; rewrite ler_addl mulr_ge0.
by case: forward; apply: both.
Qed.

(** Refutation's factor 1 + stake * W with 0 <= stake <= 1 / (gamma + delta): never negative, and of mean at most 1
    under the claim. Relied on by properties/engine/_bets.py: against. *)
Theorem against_is_fair forward a g d r stake : 0 <= g -> 0 <= stake -> stake * (g + d) <= 1 ->
  law r -> meets g d r -> a_test a ->
  (forall xy, 0 <= 1 + stake * gain forward a g d xy) /\
  \sum_xy r xy * (1 + stake * gain forward a g d xy) <= 1.
Proof.
move=> g0 s0 legal lr cl ta; split=> [xy|].
  have /andP[lo _] := gain_bounds forward d xy g0 ta.
  rewrite -ler_subl_addl sub0r; apply: le_trans (ler_wpmul2l s0 lo).
  by rewrite mulrN ler_opp2.
rewrite mean_of_factor // -[X in _ <= X]addr0 ler_add2l mulr_ge0_le0 // subr_le0.
exact: no_bet_wins.
Qed.

(** Acceptance's factor 1 - stake * (W - tau) with 0 <= stake <= 1 / (1 - delta - tau): never negative, and of mean at
    most 1 where that test and direction exceed delta + tau. Relied on by properties/engine/_bets.py: towards. *)
Theorem towards_is_fair forward a g d tau r stake : 0 <= g -> 0 <= stake -> stake * (1 - d - tau) <= 1 ->
  law r -> a_test a -> d + tau <= theta forward a g r ->
  (forall xy, 0 <= 1 - stake * (gain forward a g d xy - tau)) /\
  \sum_xy r xy * (1 - stake * (gain forward a g d xy - tau)) <= 1.
Proof.
move=> g0 s0 legal lr ta far; split=> [xy|].
  have /andP[_ hi] := gain_bounds forward d xy g0 ta.
  rewrite subr_ge0; apply: le_trans legal; rewrite ler_wpmul2l //.
  by rewrite ler_add2r.
have -> : \sum_xy r xy * (1 - stake * (gain forward a g d xy - tau)) =
          \sum_xy r xy * (1 + (- stake) * gain forward a g (d + tau) xy).
  by apply: eq_bigr => xy _; congr (_ * _); rewrite /gain; ring.
rewrite mean_of_factor // -[X in _ <= X]addr0 ler_add2l mulNr oppr_le0 mulr_ge0 // subr_ge0.
exact: far.
Qed.

(** The grain: noise on both arms, each arm's by one kernel, the noises of a pair as dependent as one likes. The claim
    survives it. Relied on by properties/engine/_grain.py: add_grain. *)
Theorem grain_keeps_the_claim (Z : finType) (noise : Y -> Z -> R) (joint : Y * Y -> Z * Z -> R) g d r :
  (forall y, law (noise y)) ->
  (forall xy z, \sum_z' joint xy (z, z') = noise xy.1 z) ->
  (forall xy z', \sum_z joint xy (z, z') = noise xy.2 z') ->
  meets g d r -> close g d (fun z => \sum_z' push r joint (z, z')) (fun z' => \sum_z push r joint (z, z')).
Proof.
move=> ln first second cl.
apply: (close_eq _ _ (T13a_close ln cl)) => z; rewrite /push [RHS]exchange_big /=.
  under [RHS]eq_bigr do rewrite -mulr_sumr first.
  by rewrite (sum_left r (fun y => noise y z)).
under [RHS]eq_bigr do rewrite -mulr_sumr second.
by rewrite (sum_right r (fun y => noise y z)).
Qed.
End Pairs.

Section Sequential.
Variables (R : realFieldType) (Y : finType).
(* The law of the next pair given the past. Independent pairs have the same law whatever the past. *)
Variable r : seq (Y * Y) -> Y * Y -> R.
Hypothesis lr : forall h, law (r h).
Variables g d : R.
Hypothesis g_ge0 : 0 <= g.

(* Bets k: a test, a direction and a stake, chosen from the past; what is held on each is spread anew from the past. *)
Variables (K : finType).
Variables (test : seq (Y * Y) -> K -> Y -> R) (forward : seq (Y * Y) -> K -> bool) (stake : seq (Y * Y) -> K -> R).
Hypothesis tests : forall h k, a_test (test h k).
Hypothesis stake_ge0 : forall h k, 0 <= stake h k.

Definition against h k xy := 1 + stake h k * gain (forward h k) (test h k) g d xy.

(** A false REFUTED: its chance is at most alpha, at every horizon, for witnesses, stakes and weights that depend on
    the past in any way, and for pairs that do, as long as each meets the claim given the past.
    Relied on by properties/engine/_refute.py: Refuter. *)
Theorem false_refutation held alpha n (said : pred (seq (Y * Y))) : 0 < alpha ->
  (forall h, meets g d (r h)) -> (forall h k, stake h k * (g + d) <= 1) ->
  conserved against held -> wealth held [::] = 1 ->
  (forall h, said h -> reached alpha^-1 (wealth held) h) -> chance r n said <= alpha.
Proof.
move=> a0 cl legal cons one h; apply: le_trans (chance_le lr n h) _.
have fair : fair_factors r against by move=> h' k; apply: against_is_fair.
have a1 : 0 < alpha^-1 by rewrite invr_gt0.
by apply: le_trans (ville lr n a1 (portfolio fair cons)) _; rewrite one invrK mul1r.
Qed.

(* Acceptance: a declared class of tests and directions, fixed beforehand; stakes l mixed for each. *)
Variables (J L : finType) (declared : J -> Y -> R) (ahead : J -> bool) (careful : L -> R) (tau : R).
Hypothesis declared_tests : forall j, a_test (declared j).
Hypothesis careful_ge0 : forall l, 0 <= careful l.

Definition towards j (_ : seq (Y * Y)) l xy := 1 - careful l * (gain (ahead j) (declared j) g d xy - tau).

(** A false SATISFIED on the class: where some declared test exceeds delta + tau its chance is at most beta, with no
    correction for the size of the class, whatever else withholds the verdict.
    Relied on by properties/engine/_accept.py: Acceptor. *)
Theorem false_acceptance held beta n j (said : pred (seq (Y * Y))) : 0 < beta ->
  (forall l, careful l * (1 - d - tau) <= 1) ->
  (forall h, d + tau <= theta (ahead j) (declared j) g (r h)) ->
  (forall i, conserved (towards i) (held i)) -> (forall i, wealth (held i) [::] = 1) ->
  (forall h, said h -> [forall i, reached beta^-1 (wealth (held i)) h]) -> chance r n said <= beta.
Proof.
move=> b0 legal far cons one h.
have fair : fair_factors r (towards j) by move=> h' l; apply: towards_is_fair.
have b1 : 0 < beta^-1 by rewrite invr_gt0.
apply: le_trans (intersection_union lr n b1 (portfolio fair (cons j)) h) _.
by rewrite one invrK mul1r.
Qed.
End Sequential.

Section Coupling.
Variables (R : realFieldType) (S T : finType).
(* Shared seeds s of law w; given s the arms have the laws P s and Q s; X s bounds what they exceed gamma by. *)
Variables (w : S -> R) (P Q : S -> T -> R) (X : S -> R) (g m : R).
Hypothesis lw : law w.
Hypothesis X01 : forall s, 0 <= X s <= 1.
Hypothesis X_bounds : forall s, excess g (P s) (Q s) <= X s.
Hypothesis m1 : m < 1.
Variables (K : finType) (stake : K -> R).
Hypothesis stakes : forall k, 0 <= stake k <= 1.

Definition bounded_factor (_ : seq S) k s := 1 + stake k * ((m - X s) / (1 - m)).

(** A bounded term with a mean of at least m: the factor 1 + c (m - X) / (1 - m) is fair. *)
Theorem bounded_term_is_fair k : m <= \sum_s w s * X s ->
  (forall s, 0 <= bounded_factor [::] k s) /\ \sum_s w s * bounded_factor [::] k s <= 1.
Proof.
move=> far; have [w0 w1] := lw; have /andP[c0 c1] := stakes k; have m0 : 0 < 1 - m by rewrite subr_gt0.
split=> [s|]; rewrite /bounded_factor.
  have /andP[x0 x1] := X01 s; rewrite -ler_subl_addl sub0r.
  have low : -1 <= (m - X s) / (1 - m) by rewrite ler_pdivl_mulr // mulN1r opprB ler_sub.
  by apply: le_trans (ler_wpmul2l c0 low); rewrite mulrN1 ler_opp2.
under eq_bigr do rewrite mulrDr mulr1.
rewrite big_split /= w1 -[X in _ <= X]addr0 ler_add2l.
have -> : \sum_s w s * (stake k * ((m - X s) / (1 - m))) = stake k / (1 - m) * (\sum_s w s * (m - X s)).
  by rewrite mulr_sumr; apply: eq_bigr => s _; ring.
rewrite mulr_ge0_le0 //; first by rewrite divr_ge0 // ltW.
under eq_bigr do rewrite mulrBr.
by rewrite sumrB -mulr_suml w1 mul1r subr_le0.
Qed.

(** A false certificate over all events: where the claim (gamma, m) fails its chance is at most beta.
    Relied on by properties/engine/_coupling.py: log_wealth and Coupler. *)
Theorem false_certificate held beta n (said : pred (seq S)) : 0 < beta ->
  ~ close g m (mix w P) (mix w Q) -> conserved bounded_factor held -> wealth held [::] = 1 ->
  (forall h, said h -> reached beta^-1 (wealth held) h) -> chance (fun _ => w) n said <= beta.
Proof.
move=> b0 broken cons one h; have [w0 _] := lw.
have far : m <= \sum_s w s * X s.
  case: (leP m (\sum_s w s * X s)) => // near; case: broken; apply/close_is_excess.
  rewrite /excess le_maxl; apply/andP; split; apply: le_trans (ltW near); apply: le_trans (hs_mix _ _ _ w0) _.
    by apply: ler_sum => s _; rewrite ler_wpmul2l //; apply: le_trans (X_bounds s); rewrite /excess le_maxr lexx.
  by apply: ler_sum => s _; rewrite ler_wpmul2l //; apply: le_trans (X_bounds s); rewrite /excess le_maxr lexx orbT.
have fair : fair_factors (fun _ => w) bounded_factor by move=> h' k; apply: bounded_term_is_fair.
have b1 : 0 < beta^-1 by rewrite invr_gt0.
apply: le_trans (chance_le (fun _ => lw) n h) _.
by apply: le_trans (ville (fun _ => lw) n b1 (portfolio fair cons)) _; rewrite one invrK mul1r.
Qed.
End Coupling.
