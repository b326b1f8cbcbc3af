(* Other forms of both definitions, and what each says of (gamma, delta). Here p is what a remover publishes and q is
   either reference. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness Coins Mixtures.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section OneSided.
Variables (R : realFieldType) (T : finType).
Implicit Types (p q : T -> R) (g : R).

(** F13. One side bounds the other: who is never much likelier than the reference leaves no more than this out. Ours. *)
Theorem F13 g p q : 1 <= g -> law p -> law q -> g * hs g q p <= g - 1 + hs g p q.
Proof.
move=> g1 lp lq; have g0 : 0 <= g by apply: le_trans g1.
have [_ _ ->] := F1 g q lp; have [_ _ ->] := F1 g p lq.
have [p0 _] := lp; have [q0 _] := lq.
rewrite mulrBr mulr1 addrA subrK; rewrite ler_sub // mulr_sumr; apply: ler_sum => x _.
case: (leP (q x) (g * p x)) => _; first by rewrite le_minl lexx orbT.
by rewrite le_minl; apply/orP; left; rewrite mulrA ler_pemull // mulr_ege1.
Qed.

(** F14. From an average to instances: of datasets drawn by w, those whose least delta is t or more are no more than
    the average over t. Ours. *)
Theorem F14 (W : finType) (w e : W -> R) t : law w -> (forall D, 0 <= e D) ->
  t * pr [set D | t <= e D] w <= \sum_D w D * e D.
Proof.
case=> w0 _ e0; rewrite /pr mulr_sumr big_mkcond /=; apply: ler_sum => D _; rewrite inE mulrC.
by case: ifP => te; [rewrite ler_wpmul2l | rewrite mulr_ge0].
Qed.
End OneSided.

Section Renyi.
Variable R : realFieldType.
Implicit Type g : R.

Lemma young n (x y : R) : 0 <= x -> 0 <= y -> n.+1%:R * x * y ^+ n <= x ^+ n.+1 + n%:R * y ^+ n.+1.
Proof.
move=> x0 y0; elim: n => [|n IH]; first by rewrite mul1r expr0 mulr1 mul0r addr0 expr1.
rewrite -subr_ge0; have : 0 <= (x ^+ n.+1 - y ^+ n.+1) * (x - y).
  case: (leP y x) => h; first by rewrite mulr_ge0 ?subr_ge0 // ler_expn2r.
  by rewrite mulr_le0 // subr_le0 ?(ltW h) // ler_expn2r // ltW.
move=> cross; have := ler_add (ler_wpmul2r y0 IH) cross; rewrite addr0 -subr_ge0.
congr (0 <= _); rewrite !exprS !mulrSr; ring.
Qed.

Variable T : finType.
Implicit Types (p q : T -> R).
(* The moment of order n + 1 of the ratio, where q has no zero: exp (n D) for the Renyi divergence D of that order. *)
Definition moment n p q := \sum_x p x ^+ n.+1 / q x ^+ n.

(** F16. From a Renyi divergence of order n + 1 to (gamma, delta). *)
Theorem F16 n g p q : 0 <= g -> (forall x, 0 <= p x) -> (forall x, 0 < q x) ->
  n.+1%:R ^+ n.+1 * g ^+ n * hs g p q <= n%:R ^+ n * moment n p q.
Proof.
move=> g0 p0 q0; rewrite /hs /moment !mulr_sumr; apply: ler_sum => x _.
rewrite mulrA ler_pdivl_mulr ?exprn_gt0 //.
case: (leP (p x - g * q x) 0) => h.
  by rewrite pos_0 // mulr0 mul0r mulr_ge0 ?exprn_ge0 ?ler0n.
rewrite pos_id ?(ltW h) //; case: n => [|n].
  by rewrite !expr0 !expr1 !mulr1 !mul1r ler_subl_addl ler_addr mulr_ge0 // ltW.
have a0 : 0 <= n.+1%:R * p x by rewrite mulr_ge0 ?ler0n.
have b0 : 0 <= n.+2%:R * (g * q x) by rewrite !mulr_ge0 ?ler0n // ltW.
have := young n.+1 a0 b0; rewrite -subr_ge0 => y.
have n1 : 0 < n.+1%:R :> R by rewrite ltr0n.
rewrite -(ler_pmul2l n1) -subr_ge0; apply: le_trans y _; rewrite le_eqVlt; apply/orP; left; apply/eqP.
rewrite !exprMn !exprS; ring.
Qed.
End Renyi.

Section Independent.
Variables (R : realFieldType) (T V : finType).

(** F17. Renyi divergences add up over independent releases: their moments multiply. *)
Theorem F17 n (p q : T -> R) (p' q' : V -> R) :
  \sum_xy product p p' xy ^+ n.+1 / product q q' xy ^+ n = moment n p q * moment n p' q'.
Proof.
rewrite -(pair_bigA _ (fun x y => product p p' (x, y) ^+ n.+1 / product q q' (x, y) ^+ n)) /= /moment mulr_suml.
apply: eq_bigr => x _; rewrite mulr_sumr; apply: eq_bigr => y _.
by rewrite /product /= !exprMn invfM mulrACA.
Qed.
End Independent.

(** F13 without what the other side leaves out is false. *)
Theorem F13_twin : exists (p q : bool -> rat) (g : rat), [/\ law p, law q & 1 <= g] /\ ~ g * hs g q p <= g - 1.
Proof.
exists (coin 1), (coin (1%:Q / 4%:Q)), 2%:Q; split; first by split; [a_law | a_law | number].
by rewrite hs_coin; vm_compute.
Qed.
