(* Which quantifier of S_full makes a definition that can be met: the behaviour comes first. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness Coins Chains Profiles Mixtures Worlds References Levels.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Behaviour.
Variables (R : realFieldType) (X T : finType).
Implicit Types (A : learner R X T) (U : remover R X T) (D S B F : {set X}) (g d : R).

(* unlearning-dataset-1, withdrawn: for every D and every S in S_full in D. It quantifies over S_full. *)
Definition version_1 A U g d := forall D S F, S \subset F -> F \subset D ->
  close g d (removed A U D S) (A (D :\: F)).

(** Version 1 asks that one remover serve every behaviour at once. *)
Theorem version_1_is_every_behaviour A U g d : version_1 A U g d <-> forall B, unlearns A U B g d.
Proof.
split=> [h B D S sF|h D S F sF fD]; first by apply: h sF _; apply: subsetIl.
by have := h F D S; rewrite /unlearned fullE /full (setIidPr fD); apply.
Qed.

(** Version 1 is vacuous: whatever the remover, it holds only of learners that ignore their data, up to the price of
    two steps. *)
Theorem version_1_is_vacuous A U g d : 0 <= g -> version_1 A U g d ->
  forall D F, F \subset D -> close (g * g) ((1 + g) * d) (A D) (A (D :\: F)).
Proof.
move=> g0 h D F fD; apply: T8a_gamma g0 _ (h D set0 F (sub0set _) fD).
by have := h D set0 set0 (sub0set _) (sub0set _); rewrite setD0.
Qed.

(** Version 1 cannot be met: not where data change the learner's law by more than 2 delta at epsilon = 0. *)
Theorem version_1_cannot_be_met A d D : proper_learner A -> 2%:R * d < tv (A D) (A set0) ->
  forall U, ~ version_1 A U 1 d.
Proof.
move=> lA far U h; have := version_1_is_vacuous ler01 h (subxx D).
rewrite mul1r setDv close_tv // => near; move: far; rewrite ltNge => /negP; apply.
by apply: le_trans near _; rewrite -mulr2n.
Qed.

(* The footnote of arXiv 2604.07962: S exhibits the behaviour and need not lie in D. *)
Definition unlearns_from_outside A U B g d :=
  forall D S, S \subset B -> close g d (removed A U D S) (unlearned A B D).

(** S outside D: the variant asks for more than version 2, and it can be met exactly too. *)
Theorem outside_is_satisfiable A B : proper_learner A ->
  unlearns_from_outside A (full_deletion A B) B 1 0 /\
  forall U g d, unlearns_from_outside A U B g d -> unlearns A U B g d.
Proof.
move=> lA; split=> [D S _|U g d h D S sF].
  by apply: exact_close => m; rewrite removed_constant // /unlearned fullE.
by apply: h; apply: subset_trans sF (subsetIr _ _).
Qed.

(** From version 2 to the level of the distribution: whichever part of S_full each dataset's request names, what is
    seen beside the retained rows is close, and so is the marginal law of the model. *)
Theorem version_2_gives_distribution A U B g d (w : {set X} -> R) (request : {set X} -> {set X}) :
  law w -> unlearns A U B g d -> (forall D, request D \subset full B D) ->
  let p D := removed A U D (request D) in let q D := unlearned A B D in
  close g d (seen w (fun D => D :\: B) p) (seen w (fun D => D :\: B) q) /\ close g d (mix w p) (mix w q).
Proof.
move=> lw ul rq p q; have [w0 w1] := lw.
have mean (a b : {set X} -> T -> R) : (forall D, hs g (a D) (b D) <= d) -> \sum_D w D * hs g (a D) (b D) <= d.
  by move=> h; rewrite -[d]mul1r -w1 mulr_suml; apply: ler_sum => D _; rewrite ler_wpmul2l.
have pq D : hs g (p D) (q D) <= d by have /closeP[] := ul D _ (rq D).
have qp D : hs g (q D) (p D) <= d by have /closeP[] := ul D _ (rq D).
have [c1 c2] := chain_of_levels lw (fun D => D :\: B) g p q.
have [c1' c2'] := chain_of_levels lw (fun D => D :\: B) g q p.
have m := le_trans c2 (mean _ _ pq); have m' := le_trans c2' (mean _ _ qp).
by split; apply/closeP; split=> //; [apply: le_trans c1 m | apply: le_trans c1' m'].
Qed.

(* Sekhari et al. 2021 (arXiv 2103.03279): the reference is the remover's own output for an empty request. *)
Definition sekhari A U g d := forall D S, S \subset D ->
  close g d (removed A U D S) (removed A U (D :\: S) set0).

(** Untraining gives Sekhari's form, at the price of two steps. Ours. *)
Theorem untraining_gives_sekhari A U g d : 0 <= g -> untrains A U g d -> sekhari A U (g * g) ((1 + g) * d).
Proof.
move=> g0 ut D S sD; apply: T6a g0 (ut D S sD) _.
by have := ut (D :\: S) set0 (sub0set _); rewrite /retrained setD0.
Qed.

(** A remover that publishes one law whatever it is given meets Sekhari's form exactly. Ours. *)
Theorem sekhari_is_met_by_a_constant A (c : T -> R) : proper_learner A ->
  sekhari A (fun _ _ _ => c) 1 0.
Proof. by move=> lA D S _; apply: exact_close => m; rewrite !removed_constant. Qed.

(* Deletion capacity: so many rows may be named. *)
Definition capacity A U g d (m : nat) := forall D S, S \subset D -> (#|S| <= m)%N ->
  close g d (removed A U D S) (retrained A D S).
End Behaviour.

(** Version 1, machine-checked to be unmeetable, where version 2 is met exactly for every behaviour: a learner of
    one bit, and no remover at (0, delta) for any delta < 1/2. *)
Theorem version_1_against_version_2 (R : realFieldType) (d : R) : 2%:R * d < 1 ->
  (forall U, ~ version_1 (@tells R ord0) U 1 d) /\
  forall B, unlearns (@tells R ord0) (full_deletion (@tells R ord0) B) B 1 0.
Proof.
move=> d1; have lA := @tells_law R ord0; split; last by move=> B; apply: version_2_is_satisfiable.
move=> U; apply: (@version_1_cannot_be_met _ _ _ _ d setT) => //.
by rewrite /tells tv_coin !inE /= subr0 normr1.
Qed.

(** Sekhari's form does not give untraining. *)
Theorem sekhari_twin : exists (A : learner rat_realFieldType rows bool_finType) U,
  [/\ proper_learner A, sekhari A U 1 0 & ~ untrains A U 1 0].
Proof.
exists (@tells _ ord0), (fun _ _ _ => coin 0); split; [exact: tells_law | exact/sekhari_is_met_by_a_constant/tells_law |].
move=> /(_ [set ord0] set0 (sub0set _)) /close_exact /(_ true).
rewrite (removed_constant (fun _ _ => coin 0)); last exact: tells_law.
by rewrite /retrained /tells !inE /=; apply/eqP; number.
Qed.
