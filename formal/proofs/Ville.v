(* Ville's inequality, for every horizon: finite outcomes, each drawn from a law that may depend on all of the past.
   A history is a sequence, the newest outcome first. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Ville.
Variables (R : realFieldType) (T : finType).
(* The law of the next outcome, given the past. *)
Variable p : seq T -> T -> R.
Hypothesis lp : forall h, law (p h).
Implicit Types (h : seq T) (n : nat) (c a : R) (F G W : seq T -> R).

(* The mean of F of the history, n outcomes after h. *)
Fixpoint mean n h F : R := if n is n'.+1 then \sum_x p h x * mean n' (x :: h) F else F h.

Lemma p_ge0 h x : 0 <= p h x. Proof. by case: (lp h). Qed.
Lemma p_1 h : \sum_x p h x = 1. Proof. by case: (lp h). Qed.

Lemma mean_le n h F G : (forall k, F k <= G k) -> mean n h F <= mean n h G.
Proof.
move=> FG; elim: n h => [|n IH] h //=.
by apply: ler_sum => x _; rewrite ler_wpmul2l ?p_ge0.
Qed.
Lemma mean_const n h a : mean n h (fun _ => a) = a.
Proof. by elim: n h => [|n IH] h //=; under eq_bigr do rewrite IH; rewrite -mulr_suml p_1 mul1r. Qed.
Lemma mean_add n h F G : mean n h (fun k => F k + G k) = mean n h F + mean n h G.
Proof.
elim: n h => [|n IH] h //=; rewrite -big_split /=; apply: eq_bigr => x _.
by rewrite IH mulrDr.
Qed.

(* The probability of an event of the history, after n outcomes. *)
Definition chance n (event : pred (seq T)) := mean n [::] (fun h => (event h)%:R).

Lemma chance_le n (e e' : pred (seq T)) : (forall h, e h -> e' h) -> chance n e <= chance n e'.
Proof. by move=> ee; apply: mean_le => h; rewrite ler_nat; move: (ee h); case: (e h) => // ->. Qed.

(** Two ways to err cost the sum of what each costs. *)
Theorem union_bound n (e e' : pred (seq T)) : chance n (predU e e') <= chance n e + chance n e'.
Proof.
rewrite /chance -mean_add; apply: mean_le => h /=.
by case: (e h); case: (e' h) => /=; rewrite ?addr0 ?add0r // ler_addl ler01.
Qed.

(* Wealth that no bet on the next outcome increases in the mean. *)
Definition supermartingale W := (forall h, 0 <= W h) /\ forall h, \sum_x p h x * W (x :: h) <= W h.

(* Whether W has been at c at any time so far. *)
Fixpoint reached c W h := (c <= W h) || (if h is _ :: h' then reached c W h' else false).

Lemma reached_le a c W V h : (forall k, a <= V k -> c <= W k) -> reached a V h -> reached c W h.
Proof. by move=> VW; elim: h => [|x h IH] /= /orP[/VW-> //|] // /IH ->; rewrite orbT. Qed.

Lemma ville_from c W n h : 0 < c -> supermartingale W ->
  mean n h (fun k => (reached c W k)%:R) <= if reached c W h then 1 else W h / c.
Proof.
move=> c0 [W0 sW]; elim: n h => [|n IH] h.
  by rewrite /=; case: (reached c W h) => //=; rewrite divr_ge0 // ltW.
rewrite /=; apply: (@le_trans _ _ (\sum_x p h x * (if reached c W (x :: h) then 1 else W (x :: h) / c))).
  by apply: ler_sum => x _; rewrite ler_wpmul2l ?p_ge0.
case rh : (reached c W h).
  by rewrite -[X in _ <= X](p_1 h); apply: ler_sum => x _; rewrite /= rh orbT mulr1.
apply: (@le_trans _ _ (\sum_x p h x * (W (x :: h) / c))); last first.
  under eq_bigr do rewrite mulrA; by rewrite -mulr_suml ler_wpmul2r // invr_ge0 ltW.
apply: ler_sum => x _; apply: ler_wpmul2l; first exact: p_ge0.
rewrite [reached c W (x :: h)]/= rh orbF; case: ifP => // cW.
by rewrite ler_pdivl_mulr // mul1r.
Qed.

(** Ville's inequality: the chance that the wealth is ever at c, within any number of outcomes, is at most what it
    began with over c. *)
Theorem ville c W n : 0 < c -> supermartingale W -> chance n (reached c W) <= W [::] / c.
Proof.
move=> c0 sW; apply: le_trans (ville_from n [::] c0 sW) _; rewrite /= orbF.
by case: ifP => // cW; rewrite ler_pdivl_mulr // mul1r.
Qed.

(** A sum computed too high by a factor of at most b keeps the level if the threshold is raised by b. *)
Theorem ville_slack b c W V n : 0 < b -> 0 < c -> supermartingale W -> (forall h, V h <= b * W h) ->
  chance n (reached (b * c) V) <= W [::] / c.
Proof.
move=> b0 c0 sW VW; apply: le_trans (ville n c0 sW); apply: chance_le => h; apply: reached_le => k cV.
by rewrite -(ler_pmul2l b0); apply: le_trans cV (VW k).
Qed.

Section Portfolio.
(* Bets k, the factor that each pays, and what is held on each: all may depend on the whole past. *)
Variables (K : finType) (f : seq T -> K -> T -> R) (held : seq T -> K -> R).
Definition fair_factors := forall h k, (forall x, 0 <= f h k x) /\ \sum_x p h x * f h k x <= 1.
(* Holdings are staked in full; afterwards they may be spread anew, in any way that conserves their sum. *)
Definition conserved := (forall h k, 0 <= held h k) /\
  forall h x, \sum_k held (x :: h) k = \sum_k held h k * f h k x.
Definition wealth h := \sum_k held h k.

(** Mixtures, and weights that depend on the past: their wealth is that of one fair bet. *)
Theorem portfolio : fair_factors -> conserved -> supermartingale wealth.
Proof.
move=> ff [h0 cons]; split=> h; first by apply: sumr_ge0.
rewrite /wealth; under eq_bigr do rewrite cons mulr_sumr.
rewrite exchange_big /=; apply: ler_sum => k _.
under eq_bigr do rewrite mulrCA.
by rewrite -mulr_sumr ler_pimulr //; case: (ff h k).
Qed.
End Portfolio.

(** Spreading a sum anew by weights that sum to 1 conserves it. *)
Theorem respread_conserves (K : finType) (total : R) (weights : K -> R) :
  \sum_k weights k = 1 -> \sum_k total * weights k = total.
Proof. by move=> w1; rewrite -mulr_sumr w1 mulr1. Qed.

(** Intersection-union: many nulls are all rejected by their own running maxima with the chance of one of them that is
    true. Whatever withholds a verdict besides (a veto, looks at some times only, REFUTED first) keeps the level. *)
Theorem intersection_union (K : finType) (W : K -> seq T -> R) c n k (said : pred (seq T)) :
  0 < c -> supermartingale (W k) -> (forall h, said h -> [forall j, reached c (W j) h]) ->
  chance n said <= W k [::] / c.
Proof.
move=> c0 sW h; apply: le_trans (ville n c0 sW); apply: chance_le => k' /h /forallP; exact.
Qed.
End Ville.
