(* The shape of the profile: gamma to H_gamma(P||Q). *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness Coins.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Profiles.
Variables (R : realFieldType) (T : finType).
Implicit Types (p q : T -> R) (E : {set T}) (g d a b c : R).

(** T13b. Total variation from (epsilon, delta), for an event and hence for all. *)
Theorem T13b g d p q : 0 <= g -> law p -> law q -> close g d p q ->
  tv p q * (g + 1) <= g - 1 + 2%:R * d.
Proof.
move=> g0 lp lq h; rewrite tv_hs //; have [E <-] := hs_attained 1 p q.
have [h1 _] := h E; have [_ h2] := h (~: E); move: h2; rewrite !pr_compl // => h2.
rewrite -subr_ge0; move: (ler_add h1 h2); rewrite -subr_ge0; congr (0 <= _); ring.
Qed.

(** T13c. The profile does not rise, and it is convex. *)
Theorem T13c a b c p q : (forall x, 0 <= q x) -> a < b -> b < c ->
  [/\ hs b p q <= hs a p q, hs c p q <= hs b p q
    & (c - a) * hs b p q <= (c - b) * hs a p q + (b - a) * hs c p q].
Proof.
move=> q0 ab bc.
have down g g' : g <= g' -> hs g' p q <= hs g p q.
  by move=> gg; apply: ler_sum => x _; apply: pos_mono; rewrite ler_sub // ler_wpmul2r.
split; [exact/down/ltW | exact/down/ltW |].
rewrite /hs !mulr_sumr -big_split /=; apply: ler_sum => x _.
have cb : 0 <= c - b by rewrite subr_ge0 ltW.
have ba : 0 <= b - a by rewrite subr_ge0 ltW.
have ca : 0 <= c - a by rewrite subr_ge0 (le_trans (ltW ab)) // ltW.
rewrite -!pos_mul //; apply: le_trans (pos_add _ _).
have -> // : (c - a) * (p x - b * q x) = (c - b) * (p x - a * q x) + (b - a) * (p x - c * q x) by ring.
Qed.

(** F2. The two directions agree at epsilon = 0. *)
Theorem F2 p q : law p -> law q -> hs 1 p q = hs 1 q p.
Proof. by move=> lp lq; rewrite -!tv_hs // tv_sym. Qed.

(** F3. One direction below gamma = 1 is the other above. *)
Theorem F3 g p q : 0 < g -> law p -> law q -> g * hs g^-1 q p = hs g p q + g - 1.
Proof.
move=> g0 [_ p1] [_ q1]; rewrite /hs mulr_sumr.
transitivity (\sum_x (pos (p x - g * q x) + (g * q x - p x))).
  apply: eq_bigr => x _; rewrite -pos_mul ?ltW // mulrBr mulrA divff ?gt_eqF // mul1r.
  have -> : g * q x - p x = - (p x - g * q x) by ring.
  set y := p x - g * q x; case: (leP 0 y) => y0.
    by rewrite [pos y]pos_id // pos_0 ?subrr // oppr_le0.
  by rewrite [pos y]pos_0 ?(ltW y0) // add0r pos_id // oppr_ge0 ltW.
by rewrite big_split /= sumrB -mulr_sumr q1 p1 mulr1 addrA.
Qed.

(** F11. Randomised response attains the ceiling of T13b, at delta = 0. *)
Theorem F11 g : 1 <= g ->
  let p := coin (g / (g + 1)) in let q := coin (1 / (g + 1)) in
  [/\ law p, law q, close g 0 p q & tv p q * (g + 1) = g - 1].
Proof.
move=> g1 p q; have g0 : 0 <= g by apply: le_trans g1.
have G : 0 < g + 1 by exact: (ltr_spaddr ltr01 g0).
have inner a : 0 <= a <= g + 1 -> law (coin (a / (g + 1))).
  by case/andP=> a0 aG; apply: coin_law; rewrite ler_pdivl_mulr // mul0r a0 ler_pdivr_mulr // mul1r.
have i0 : 0 <= (g + 1)^-1 by rewrite invr_ge0 ltW.
have v : (g + 1) * (g + 1)^-1 = 1 by rewrite divff ?gt_eqF.
have q' : 1 - 1 / (g + 1) = g / (g + 1) by rewrite -{1}v; ring.
have p' : 1 - g / (g + 1) = 1 / (g + 1) by rewrite -{1}v; ring.
have back : 1 / (g + 1) - g * (g / (g + 1)) <= 0.
  have -> : 1 / (g + 1) - g * (g / (g + 1)) = (g + 1)^-1 * (1 - g * g) by ring.
  by rewrite mulr_ge0_le0 // subr_le0 mulr_ege1.
split; [by apply: inner; rewrite g0 ler_addl ler01 | by apply: inner; rewrite ler01 ler_addr g0 | |].
  by rewrite mul1r in back; apply/close_coin; rewrite p' q' mul1r subrr !pos_0 // ?subrr ?add0r //.
rewrite /p /q tv_coin ger0_norm; first by rewrite -mulrBl mulfVK // gt_eqF.
by rewrite -mulrBl mulr_ge0 // subr_ge0.
Qed.
End Profiles.

(** F1 with the roles of gamma swapped inside the minimum is false. *)
Theorem F1_twin : exists (p q : bool -> rat) (g : rat), [/\ law p, law q &
  hs g p q <> 1 - \sum_x Num.min (g * p x) (q x)].
Proof.
exists (coin 1), (coin (1%:Q / 4%:Q)), 2%:Q.
by split; [a_law | a_law | rewrite hs_coin sum_bool; apply/eqP; number].
Qed.

(** T13b with delta in place of 2 delta is false. *)
Theorem T13b_twin : exists (p q : bool -> rat) (d : rat),
  [/\ law p, law q & close 1 d p q] /\ ~ tv p q * 2%:Q <= 1 - 1 + d.
Proof.
exists (coin (1%:Q / 2%:Q)), (coin 0), (1%:Q / 2%:Q).
split; last by rewrite tv_coin; vm_compute.
by split; [a_law | a_law | are_close].
Qed.

(** T13b is attained with delta > 0 and gamma > 1 too. *)
Theorem T13b_attained : exists (p q : bool -> rat) (g d : rat),
  [/\ law p, law q, 1 < g & 0 < d] /\ close g d p q /\ tv p q * (g + 1) = g - 1 + 2%:R * d.
Proof.
exists (coin (3%:Q / 4%:Q)), (coin (1%:Q / 4%:Q)), 2%:Q, (1%:Q / 4%:Q).
split; first by split; [a_law | a_law | number | number].
by split; [are_close | rewrite tv_coin; apply/eqP; number].
Qed.

(** T13c: the profile is not concave. *)
Theorem T13c_twin : exists p q : bool -> rat, [/\ law p, law q &
  ~ (3%:Q - 1) * hs 2%:Q p q >= (3%:Q - 2%:Q) * hs 1 p q + (2%:Q - 1) * hs 3%:Q p q].
Proof.
exists (coin (1%:Q / 2%:Q)), (coin (1%:Q / 4%:Q)).
by split; [a_law | a_law | rewrite !hs_coin; vm_compute].
Qed.

(** F2 beyond gamma = 1 is false. *)
Theorem F2_twin : exists p q : bool -> rat, [/\ law p, law q & hs 2%:Q p q <> hs 2%:Q q p].
Proof.
exists (coin 1), (coin (1%:Q / 4%:Q)).
by split; [a_law | a_law | rewrite !hs_coin; apply/eqP; number].
Qed.

(** F3 with the other sign is false. *)
Theorem F3_twin : exists (p q : bool -> rat) (g : rat), [/\ law p, law q &
  g * hs g^-1 q p <> hs g p q - (g - 1)].
Proof.
exists (coin 1), (coin (1%:Q / 4%:Q)), 2%:Q.
by split; [a_law | a_law | rewrite !hs_coin; apply/eqP; number].
Qed.
