(* False neighbours of T7a, T24 and F9: each differs from its theorem in one place, and an example refutes it. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness Coins Mixtures Worlds References Requests.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Notation Q := rat_realFieldType.

(** T7a with the second call on D in place of what the first left is false. *)
Theorem T7a_twin : exists (A : learner Q rows bool_finType) (D S1 S2 : {set rows}),
  [/\ proper_learner A, S1 \subset D & S2 \subset D :\: S1] /\
  ~ push (removed A (retrain A) D S1) (fun m => retrain A m S2 D) =1 A (D :\: (S1 :|: S2)).
Proof.
have lA := tells_law Q ord0.
exists (@tells Q ord0), setT, setT, set0; split; first by split; [| exact: subxx | exact: sub0set].
move=> /(_ true); have lr : law (removed (tells Q ord0) (retrain (tells Q ord0)) setT setT).
  by apply: removed_law => // m S D; apply: lA.
rewrite /push -mulr_suml; case: lr => _ ->; rewrite mul1r /retrain /tells !inE /=.
by apply/eqP; number.
Qed.

(** T24 for the model before the last request is false. *)
Theorem T24_twin : exists (A : learner Q rows bool_finType) (D S1 S2 : {set rows}),
  [/\ proper_learner A, S1 \subset D, S2 \subset D & [disjoint S1 & S2]] /\
  ~ served (retrain A) (A D) D [:: S1] =1 served (retrain A) (A D) D [:: S2].
Proof.
have lA := tells_law Q ord0.
exists (@tells Q ord0), setT, setT, set0; split.
  by split; [| exact: subxx | exact: sub0set | rewrite disjoint_sym disjoints_subset sub0set].
move=> /(_ true) /=; rewrite /push -!mulr_suml; case: (lA setT) => _ ->.
by rewrite !mul1r /retrain /tells !inE /=; apply/eqP; number.
Qed.

(* A learner that counts: each of two rows weighs a half. *)
Definition counts : learner Q rows bool_finType :=
  fun D => coin (((ord0 \in D)%:R + (ord_max \in D)%:R) / 2%:R).

(** F9 with the largest influence in place of their sum is false. *)
Theorem F9_twin : exists (D B S : {set rows}) (s : seq rows),
  [/\ S \subset full B D, [set x in s] = full B D :\: S & size s = 2%N] /\
  ~ tv (retrained counts D S) (unlearned counts B D) <=
    Num.max (tv (counts (after (D :\: S) (take 0 s))) (counts (after (D :\: S) (take 1 s))))
            (tv (counts (after (D :\: S) (take 1 s))) (counts (after (D :\: S) (take 2 s)))).
Proof.
exists setT, setT, set0, [:: ord0; ord_max]; split.
  split=> //; first exact: sub0set.
  by apply/setP=> i; rewrite /full !inE /=; case: i => [[|[|n]] ni].
by rewrite !tv_coin /full /after !inE /=; vm_compute.
Qed.
