(* How many pairs any audit needs. Ours. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness Coins Mixtures Ville Engine.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section LeastPairs.
Variables (R : realFieldType) (Y : finType) (g d : R).
Hypothesis g1 : 1 <= g.
Hypothesis d01 : 0 <= d <= 1.
Implicit Types (r : Y * Y -> R) (n : nat).

(* The factor by which one pair can raise the wealth at most: 1 + (1 - delta) / (gamma + delta). *)
Definition most := (g + 1) / (g + d).

(* Pairs of law r, but now and then with the arms exchanged: as often as the claim allows. *)
Definition exchanged r (xy : Y * Y) := (g + d) / (g + 1) * r xy + (1 - d) / (g + 1) * r (xy.2, xy.1).

Let g0 : 0 <= g. Proof. by apply: le_trans g1. Qed.
Let G : 0 < g + 1. Proof. exact: (ltr_spaddr ltr01 g0). Qed.
Let d0 : 0 <= d. Proof. by case/andP: d01. Qed.
Let s0 : 0 <= (g + d) / (g + 1). Proof. by rewrite divr_ge0 ?addr_ge0 ?ler01. Qed.
Let t0 : 0 <= (1 - d) / (g + 1). Proof. by rewrite divr_ge0 ?subr_ge0 ?(ltW G) //; case/andP: d01. Qed.
Let inv : (g + 1) * (g + 1)^-1 = 1. Proof. by rewrite divff // gt_eqF. Qed.

Lemma swap_sum (f : Y * Y -> R) : \sum_xy f (xy.2, xy.1) = \sum_xy f xy.
Proof.
rewrite (reindex_inj (h := fun xy : Y * Y => (xy.2, xy.1))) /=; last by move=> [a b] [c e] /= [-> ->].
by apply: eq_bigr => -[].
Qed.

Lemma exchanged_law r : law r -> law (exchanged r).
Proof.
case=> r0 r1; split=> [xy|]; first by rewrite addr_ge0 // mulr_ge0.
rewrite big_split /= -!mulr_sumr swap_sum r1 !mulr1 -mulrDl.
by have -> : g + d + (1 - d) = g + 1 by ring.
Qed.

(** Whatever the law of the pairs, the one with exchanges meets the claim. *)
Theorem exchanged_meets r : law r -> meets g d (exchanged r).
Proof.
move=> lr; set s := (g + d) / (g + 1); set t := (1 - d) / (g + 1).
have left y : left_arm (exchanged r) y = s * left_arm r y + t * right_arm r y.
  by rewrite /left_arm /right_arm big_split /= !mulr_sumr.
have right y : right_arm (exchanged r) y = s * right_arm r y + t * left_arm r y.
  by rewrite /left_arm /right_arm big_split /= !mulr_sumr.
have st : s - g * t = d.
  by rewrite -[RHS]mulr1 -inv /s /t; ring.
have ts : t - g * s <= 0.
  have -> : t - g * s = (1 - d - g * (g + d)) / (g + 1) by rewrite /s /t; ring.
  rewrite mulr_le0_ge0 ?invr_ge0 ?(ltW G) // subr_le0.
  apply: le_trans (_ : 1 <= _); first by rewrite ler_subl_addr ler_addl.
  by rewrite mulr_ege1 // (le_trans g1) // ler_addl.
have ll : law (left_arm r).
  case: lr => r0 r1; split=> [y|]; first by apply: sumr_ge0.
  by rewrite /left_arm pair_bigA -r1; apply: eq_bigr => -[].
have lright : law (right_arm r).
  case: lr => r0 r1; split=> [y|]; first by apply: sumr_ge0.
  by rewrite /right_arm exchange_big pair_bigA -r1; apply: eq_bigr => -[].
have both (a b : R) : 0 <= a <= 1 -> 0 <= b -> s * a + t * b <= g * (s * b + t * a) + d.
  case/andP=> a0 a1 b0; rewrite -subr_le0.
  have -> : s * a + t * b - (g * (s * b + t * a) + d) = (s - g * t) * a - d + (t - g * s) * b by ring.
  by rewrite st -[0]addr0 ler_add // ?mulr_le0_ge0 // subr_le0 ler_pimulr.
move=> E; rewrite !(pr_eq _ left) !(pr_eq _ right).
have lin (a b : Y -> R) u v : pr E (fun y => u * a y + v * b y) = u * pr E a + v * pr E b.
  by rewrite /pr big_split /= !mulr_sumr.
rewrite !lin; have [l0 _] := ll; have [q0 _] := lright.
by split; apply: both; rewrite ?pr_ge0 ?pr_le1.
Qed.

Lemma mean_exchanged r n h (F : seq (Y * Y) -> R) : law r -> (forall k, 0 <= F k) ->
  ((g + d) / (g + 1)) ^+ n * mean (fun _ => r) n h F <= mean (fun _ => exchanged r) n h F.
Proof.
move=> lr F0; have [r0 _] := lr.
have nonneg m k : 0 <= mean (fun _ => r) m k F.
  by elim: m k => [|m IH] k //=; apply: sumr_ge0 => x _; rewrite mulr_ge0.
elim: n h => [|n IH] h; first by rewrite expr0 mul1r.
rewrite /= mulr_sumr; apply: ler_sum => xy _; rewrite exprS mulrACA.
apply: ler_pmul; last exact: IH.
- by rewrite mulr_ge0.
- by rewrite mulr_ge0 ?exprn_ge0.
by rewrite ler_addl mulr_ge0.
Qed.

(** The least number of pairs that any audit needs. A test of at most n pairs, sequential or not, that rejects with
    chance at most alpha whenever pairs meet the claim, rejects with chance at most alpha * most^n whatever their law:
    to refute with certainty takes ln(1/alpha) / ln(1 + (1 - delta)/(gamma + delta)) pairs, which is what the planner
    says. Relied on by properties/engine/_bets.py: least_pairs. *)
Theorem least_pairs_of_any_audit n alpha (rejects : pred (seq (Y * Y))) :
  (forall r, law r -> meets g d r -> chance (fun _ => r) n rejects <= alpha) ->
  forall r, law r -> chance (fun _ => r) n rejects <= alpha * most ^+ n.
Proof.
move=> level r lr; have small := level _ (exchanged_law lr) (exchanged_meets lr).
have D : 0 < g + d by apply: ltr_paddr d0 _; apply: lt_le_trans g1.
have ms : most * ((g + d) / (g + 1)) = 1.
  by rewrite /most mulrA divfK ?gt_eqF // divff // gt_eqF.
have m0 : 0 <= most by rewrite divr_ge0 // ltW.
rewrite mulrC -[X in X <= _]mul1r -(expr1n _ n) -ms exprMn -mulrA.
apply: ler_wpmul2l; first exact: exprn_ge0.
by apply: le_trans small; apply: mean_exchanged => // k; rewrite ler0n.
Qed.

(** It is attained: where an event occurs in the removed arm only, one bet with the largest stake has the wealth
    most^n after n pairs. *)
Theorem least_pairs_attained (a : Y -> R) (x y : Y) : a x = 1 -> a y = 0 ->
  1 + (g + d)^-1 * gain true a g d (x, y) = most.
Proof.
move=> ax ay; rewrite /gain /= ax ay mulr0 subr0 /most.
have D : 0 < g + d by apply: ltr_paddr d0 _; apply: lt_le_trans g1.
have e : (g + d) / (g + d) = 1 by rewrite divff // gt_eqF.
by rewrite -[X in X + _]e; ring.
Qed.
End LeastPairs.
