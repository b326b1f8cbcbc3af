(* Finite laws, events, and closeness up to (gamma, delta): gamma stands for e^epsilon.
   Everything here holds for every finite type of outcomes and every ordered field. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Definitions.
Variables (R : realFieldType) (T : finType).
Implicit Types (p q : T -> R) (E : {set T}) (g d : R).

Definition law p := (forall x, 0 <= p x) /\ \sum_x p x = 1.
Definition pr E p := \sum_(x in E) p x.

(* Definition 2 of arXiv 2604.07962: both directions, every event. *)
Definition close g d p q :=
  forall E, pr E p <= g * pr E q + d /\ pr E q <= g * pr E p + d.

(* The hockey-stick divergence by positive parts; F1 says it is the supremum over events. *)
Definition pos (a : R) := Num.max a 0.
Definition hs g p q := \sum_x pos (p x - g * q x).
(* The least delta in both directions. *)
Definition excess g p q := Num.max (hs g p q) (hs g q p).
Definition tv p q := (\sum_x `|p x - q x|) / 2%:R.
End Definitions.

Section Positive.
Variable R : realFieldType.
Implicit Types a b c : R.
Lemma pos_ge0 a : 0 <= pos a. Proof. by rewrite /pos le_maxr lexx orbT. Qed.
Lemma pos_ge a : a <= pos a. Proof. by rewrite /pos le_maxr lexx. Qed.
Lemma pos_le a c : a <= c -> 0 <= c -> pos a <= c.
Proof. by move=> ac c0; rewrite /pos le_maxl ac c0. Qed.
Lemma pos_id a : 0 <= a -> pos a = a. Proof. by move=> a0; rewrite /pos (elimT max_idPl a0). Qed.
Lemma pos_0 a : a <= 0 -> pos a = 0. Proof. by move=> a0; rewrite /pos (elimT max_idPr a0). Qed.
Lemma pos_mono a b : a <= b -> pos a <= pos b.
Proof. by move=> ab; apply: (pos_le (le_trans ab (pos_ge b)) (pos_ge0 b)). Qed.
Lemma pos_add a b : pos (a + b) <= pos a + pos b.
Proof.
apply: pos_le; first exact: (ler_add (pos_ge a) (pos_ge b)).
exact: (addr_ge0 (pos_ge0 a) (pos_ge0 b)).
Qed.
Lemma pos_mul c a : 0 <= c -> pos (c * a) = c * pos a.
Proof.
move=> c0; case: (leP 0 a) => a0; first by rewrite !pos_id // mulr_ge0.
by rewrite !pos_0 ?mulr0 // ?(ltW a0) // mulr_ge0_le0 // ltW.
Qed.
Lemma pos_min a b : pos (a - b) = a - Num.min a b.
Proof.
case: (leP a b) => ab; first by rewrite pos_0 ?subrr // subr_le0.
by rewrite pos_id // subr_ge0 ltW.
Qed.
Lemma pos_abs a : 2%:R * pos a = `|a| + a.
Proof.
case: (leP 0 a) => a0; first by rewrite pos_id // ger0_norm // mulr_natl mulr2n.
by rewrite pos_0 ?(ltW a0) // ltr0_norm // addNr mulr0.
Qed.
End Positive.

Section Events.
Variables (R : realFieldType) (T : finType).
Implicit Types (p q r : T -> R) (E : {set T}) (g d : R).

Lemma pr_eq E p q : p =1 q -> pr E p = pr E q.
Proof. by move=> pq; apply: eq_bigr => x _. Qed.
Lemma pr_compl p E : law p -> pr (~: E) p = 1 - pr E p.
Proof.
case=> _ p1; apply/esym/eqP; rewrite subr_eq -p1 (bigID (mem E)) /= addrC; apply/eqP.
by congr (_ + _); apply: eq_bigl => x; rewrite inE.
Qed.
Lemma pr_ge0 E p : (forall x, 0 <= p x) -> 0 <= pr E p.
Proof. by move=> p0; apply: sumr_ge0 => x _. Qed.
Lemma pr_le1 E p : law p -> pr E p <= 1.
Proof. by move=> lp; rewrite -subr_ge0 -pr_compl //; apply: pr_ge0; case: lp. Qed.

Lemma close_sym g d p q : close g d p q -> close g d q p.
Proof. by move=> h E; case: (h E). Qed.
Lemma close_eq g d p p' q q' : p =1 p' -> q =1 q' -> close g d p q -> close g d p' q'.
Proof. by move=> e f h E; rewrite -(pr_eq _ e) -(pr_eq _ f). Qed.
Lemma close_refl p : close 1 0 p p.
Proof. by move=> E; rewrite mul1r addr0. Qed.
Lemma close_weaken g d d' p q : d <= d' -> close g d p q -> close g d' p q.
Proof. by move=> dd h E; have [h1 h2] := h E; split; apply: le_trans (ler_add (lexx _) dd). Qed.

Lemma hs_ge0 g p q : 0 <= hs g p q.
Proof. by apply: sumr_ge0 => x _; apply: pos_ge0. Qed.
Lemma hs_eq g p p' q q' : p =1 p' -> q =1 q' -> hs g p q = hs g p' q'.
Proof. by move=> e f; apply: eq_bigr => x _; rewrite e f. Qed.

Lemma hs_event g p q E : pr E p - g * pr E q <= hs g p q.
Proof.
rewrite /pr mulr_sumr -sumrB /hs [X in _ <= X](bigID (mem E)) /= -[X in X <= _]addr0.
by apply: ler_add; [apply: ler_sum => x _; apply: pos_ge | apply: sumr_ge0 => x _; apply: pos_ge0].
Qed.

Lemma hs_attained g p q : exists E, pr E p - g * pr E q = hs g p q.
Proof.
exists [set x | 0 <= p x - g * q x]; rewrite /pr mulr_sumr -sumrB /hs.
rewrite [RHS](bigID (fun x => 0 <= p x - g * q x)) /= [X in _ = _ + X]big1 ?addr0.
  by apply: eq_big => x; rewrite inE // => h; rewrite pos_id.
by move=> x h; rewrite pos_0 // ltW // ltNge.
Qed.

(** F1. Three forms of the hockey stick: the supremum over events, attained; the sum of positive
    parts; and one minus the overlap. For every gamma. *)
Theorem F1 g p q : law p ->
  [/\ forall E, pr E p - g * pr E q <= hs g p q,
      exists E, pr E p - g * pr E q = hs g p q
    & hs g p q = 1 - \sum_x Num.min (p x) (g * q x)].
Proof.
case=> _ p1; split; [exact: hs_event | exact: hs_attained |].
by rewrite -p1 -sumrB; apply: eq_bigr => x _; rewrite pos_min.
Qed.

Lemma closeP g d p q : close g d p q <-> hs g p q <= d /\ hs g q p <= d.
Proof.
split=> [h|[h1 h2] E].
  have [E1 <-] := hs_attained g p q; have [E2 <-] := hs_attained g q p.
  by rewrite !ler_subl_addr ![d + _]addrC; have [? _] := h E1; have [_ ?] := h E2.
by rewrite -!ler_subl_addl !(le_trans (hs_event _ _ _ _)).
Qed.

(** The predicate of Definitions 2 and 3 says that the least delta in both directions is at most delta. *)
Theorem close_is_excess g d p q : close g d p q <-> excess g p q <= d.
Proof. by rewrite closeP /excess le_maxl; split=> [[-> ->]|/andP[-> ->]]. Qed.

Lemma tv_hs p q : law p -> law q -> tv p q = hs 1 p q.
Proof.
move=> [_ p1] [_ q1]; rewrite /tv; apply: (mulIf (x := 2%:R)); first by rewrite pnatr_eq0.
rewrite mulfVK ?pnatr_eq0 // mulrC /hs mulr_sumr; under [RHS]eq_bigr do rewrite pos_abs mul1r.
by rewrite big_split /= sumrB p1 q1 subrr addr0.
Qed.

Lemma tv_sym p q : tv p q = tv q p.
Proof. by rewrite /tv; congr (_ / _); apply: eq_bigr => x _; rewrite distrC. Qed.
Lemma tv_ge0 p q : 0 <= tv p q.
Proof. by rewrite divr_ge0 ?ler0n //; apply: sumr_ge0. Qed.
Lemma tv_eq p p' q q' : p =1 p' -> q =1 q' -> tv p q = tv p' q'.
Proof. by move=> e f; rewrite /tv; congr (_ / _); apply: eq_bigr => x _; rewrite e f. Qed.
Lemma tv_eq0 p q : p =1 q -> tv p q = 0.
Proof. by move=> e; rewrite /tv big1 ?mul0r // => x _; rewrite e subrr normr0. Qed.
Lemma tv_triangle p q r : tv p r <= tv p q + tv q r.
Proof.
rewrite /tv -mulrDl ler_pmul2r ?invr_gt0 ?ltr0n // -big_split /=.
by apply: ler_sum => x _; apply: ler_dist_add.
Qed.
End Events.
