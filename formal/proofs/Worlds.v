(* Datasets, learners, removers, and the two definitions. Rows are the members of a finite type: two rows may hold
   the same point, so that datasets with repeated points are covered. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness Mixtures.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Worlds.
Variables (R : realFieldType) (X T : finType).
Implicit Types (D S B : {set X}) (g d : R).

(* A learner: dataset to law of the model. A remover: a kernel (model, S, D) to law of the published model. *)
Definition learner := {set X} -> T -> R.
Definition remover := T -> {set X} -> {set X} -> T -> R.
Definition proper_learner (A : learner) := forall D, law (A D).
Definition proper_remover (U : remover) := forall m S D, law (U m S D).

(* The law of U(A(D), S, D). *)
Definition removed (A : learner) (U : remover) D S := push (A D) (fun m => U m S D).

(* The two references; B is the behaviour, and S_full is what B picks out of D. *)
Definition full B D := D :&: B.
Definition retrained (A : learner) D S := A (D :\: S).
Definition unlearned (A : learner) B D := A (D :\: full B D).

(* untraining-1: for every D and every S in D. *)
Definition untrains (A : learner) (U : remover) g d :=
  forall D S, S \subset D -> close g d (removed A U D S) (retrained A D S).
(* unlearning-dataset-2: B first, then every D and every S in S_full. *)
Definition unlearns (A : learner) (U : remover) B g d :=
  forall D S, S \subset full B D -> close g d (removed A U D S) (unlearned A B D).

(* Doing nothing; retraining on D minus S; retraining on D minus S_full, by one who knows B. *)
Definition identity : remover := fun m _ _ m' => (m' == m)%:R.
Definition retrain (A : learner) : remover := fun _ S D => A (D :\: S).
Definition full_deletion (A : learner) B : remover := fun _ _ D => A (D :\: B).

Lemma fullE B D : D :\: full B D = D :\: B.
Proof. by rewrite /full setDIr setDv set0U. Qed.
Lemma removed_identity A D S : removed A identity D S =1 A D.
Proof.
move=> m; rewrite /removed /push (bigD1 m) //= /identity eqxx mulr1 big1 ?addr0 // => m' mm'.
by rewrite eq_sym (negbTE mm') mulr0.
Qed.
Lemma removed_constant A (c : {set X} -> {set X} -> T -> R) D S : law (A D) ->
  removed A (fun _ => c) D S =1 c S D.
Proof. by case=> _ A1 m; rewrite /removed /push -mulr_suml A1 mul1r. Qed.
Lemma removed_law A U D S : proper_learner A -> proper_remover U -> law (removed A U D S).
Proof. by move=> lA lU; apply: push_law. Qed.
Lemma close_exact (p q : T -> R) : close 1 0 p q -> p =1 q.
Proof.
move=> h x; have [] := h [set x]; rewrite /pr !big_set1 !mul1r !addr0 => a b.
by apply/eqP; rewrite eq_le a b.
Qed.
Lemma exact_close (p q : T -> R) : p =1 q -> close 1 0 p q.
Proof. by move=> e; apply: (close_eq _ e (close_refl p)). Qed.
Lemma close_tv (p q : T -> R) d : law p -> law q -> close 1 d p q <-> tv p q <= d.
Proof.
move=> lp lq; rewrite closeP -!tv_hs // [tv q p]tv_sym; by split=> [[]|].
Qed.

(** The exact removers exist: retraining untrains every learner exactly. *)
Theorem untraining_is_satisfiable A : proper_learner A -> untrains A (retrain A) 1 0.
Proof. by move=> lA D S _; apply/exact_close/removed_constant. Qed.

(** unlearning-dataset-2 can be met, exactly, by one who knows the behaviour: delete S_full and retrain. *)
Theorem version_2_is_satisfiable A B : proper_learner A -> unlearns A (full_deletion A B) B 1 0.
Proof.
move=> lA D S _; apply: exact_close => m.
by rewrite removed_constant // /unlearned fullE.
Qed.
End Worlds.
Arguments identity {R X T}.
