(* Laws on two outcomes: examples that attain a bound, and examples that refute a sharper one. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Coins.
Variable R : realFieldType.
Implicit Types a b c g d : R.

Definition coin a : bool -> R := fun x => if x then a else 1 - a.

Lemma sum_bool (f : bool -> R) : \sum_x f x = f true + f false.
Proof. by rewrite big_bool. Qed.
Lemma coin_law a : 0 <= a <= 1 -> law (coin a).
Proof.
case/andP=> a0 a1; split=> [[]|]; rewrite ?subr_ge0 //.
by rewrite sum_bool /coin addrC subrK.
Qed.
Lemma hs_coin g a b : hs g (coin a) (coin b) = pos (a - g * b) + pos (1 - a - g * (1 - b)).
Proof. by rewrite /hs sum_bool. Qed.
Lemma tv_coin a b : tv (coin a) (coin b) = `|a - b|.
Proof.
rewrite /tv sum_bool /coin.
have -> : 1 - a - (1 - b) = b - a by ring.
by rewrite [`|b - a|]distrC -mulr2n -[X in X / _]mulr_natr mulfK // pnatr_eq0.
Qed.
Lemma close_coin g d a b :
  [/\ pos (a - g * b) + pos (1 - a - g * (1 - b)) <= d
    & pos (b - g * a) + pos (1 - b - g * (1 - a)) <= d] <-> close g d (coin a) (coin b).
Proof. by rewrite closeP !hs_coin; split=> [] [? ?]. Qed.
End Coins.

(* Rational examples are settled by computation; `by` alone would unfold them for minutes. *)
Ltac number := vm_compute; reflexivity.
Ltac a_law := apply: coin_law; number.
Ltac are_close := apply/close_coin; split; number.
Ltac are_not_close := let h := fresh in let k := fresh in
  move/close_coin => [h k]; first [by move: h; vm_compute | by move: k; vm_compute].
