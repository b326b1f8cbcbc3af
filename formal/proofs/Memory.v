(* Memorisation scores, of one row and of a group, against what retraining does. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness Coins Chains Profiles Mixtures Worlds References.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Memory.
Variables (R : realFieldType) (X T : finType) (A : learner R X T).
(* The models that get a row right. *)
Variable right : X -> {set T}.
Implicit Types (D S : {set X}) (i : X) (g d : R).

Definition mem_score D S i := pr (right i) (A D) - pr (right i) (A (D :\: S)).

Lemma telescope (f : nat -> R) n : \sum_(j < n) (f j - f j.+1) = f 0%N - f n.
Proof.
by elim: n => [|n IH]; [rewrite big_ord0 subrr | rewrite big_ord_recr /= IH; ring].
Qed.
Lemma after_nil D : after D [::] = D.
Proof. by apply/setP=> y; rewrite !inE. Qed.
Lemma after_take D s x0 (j : nat) : (j < size s)%N ->
  after D (take j.+1 s) = after D (take j s) :\ nth x0 s j.
Proof.
move=> js; rewrite /after (take_nth x0) //; apply/setP=> y.
by rewrite !inE mem_rcons inE negb_or andbA.
Qed.

(** F10. Group memorisation telescopes along a chain of deletions, in any order: term j is the score of row s_j
    alone at the dataset that the rows before it have left. *)
Theorem F10 D s i x0 : mem_score D [set x in s] i =
  \sum_(j < size s) mem_score (after D (take j s)) [set nth x0 s j] i.
Proof.
pose f j := pr (right i) (A (after D (take j s))).
transitivity (f 0%N - f (size s)).
  by rewrite /f take0 take_size after_nil.
rewrite -telescope; apply: eq_bigr => j _.
by rewrite /f /mem_score (after_take _ x0).
Qed.

(** T9. Group memorisation decides whether retraining changes S. *)
Theorem T9 D S : (forall i, i \in S -> mem_score D S i = 0) <->
  (forall i, i \in S -> pr (right i) (A (D :\: S)) = pr (right i) (A D)).
Proof.
split=> h i iS; first by apply/eqP; rewrite eq_sym -subr_eq0; apply/eqP/h.
by rewrite /mem_score h // subrr.
Qed.

(** T9, from scores of one row: where each is 0 at the dataset that the rows before it have left, in some order of S,
    retraining changes nothing on S. The scores at the full D do not suffice (T9_twin). *)
Theorem T9_chain D s i x0 :
  (forall j, (j < size s)%N -> mem_score (after D (take j s)) [set nth x0 s j] i = 0) ->
  pr (right i) (A (D :\: [set x in s])) = pr (right i) (A D).
Proof.
move=> h; apply/eqP; rewrite eq_sym -subr_eq0 -/(mem_score D [set x in s] i) (F10 _ _ _ x0).
by rewrite big1 // => j _; apply: h.
Qed.

(** T10. Group memorisation refutes the no-op. *)
Theorem T10 D S i g d : proper_learner A -> 0 <= g ->
  `|mem_score D S i| <= tv (A D) (A (D :\: S)) /\
  (close g d (A D) (A (D :\: S)) -> `|mem_score D S i| * (g + 1) <= g - 1 + 2%:R * d).
Proof.
move=> lA g0; have le_tv : `|mem_score D S i| <= tv (A D) (A (D :\: S)).
  rewrite ler_norml ler_oppl opprB; apply/andP; split.
    by rewrite tv_sym tv_hs //; have := hs_event 1 (A (D :\: S)) (A D) (right i); rewrite mul1r.
  by rewrite tv_hs //; have := hs_event 1 (A D) (A (D :\: S)) (right i); rewrite mul1r.
split=> // h; apply: le_trans (T13b g0 (lA _) (lA _) h).
by rewrite ler_wpmul2r ?addr_ge0 ?ler01.
Qed.
End Memory.

(* Two identical rows and a learner that gets them right while one of them is there: 1-NN. *)
Definition copies (R : realFieldType) : learner R rows bool_finType :=
  fun D => coin ((ord0 \in D) || (ord_max \in D))%:R.
Lemma copies_law (R : realFieldType) : proper_learner (@copies R).
Proof. by move=> D; apply: coin_law; case: (_ || _); rewrite /= ?lexx ?ler01. Qed.
Definition gets_right (i : rows) : {set bool} := [set true].

(** T9 from leave-one-out scores is false: two copies have score 0 each, and without both every prediction changes. *)
Theorem T9_twin : exists D S : {set rows}, [/\ S \subset D, S != set0,
   forall i, i \in S -> mem_score (@copies rat_realFieldType) gets_right D [set i] i = 0
 & forall i, i \in S -> mem_score (@copies rat_realFieldType) gets_right D S i = 1].
Proof.
exists setT, setT; split=> [||i _|i _]; first exact: subxx.
- by apply/set0Pn; exists ord0; rewrite inE.
- rewrite /mem_score /gets_right /pr !big_set1 /copies !inE /= !andbT.
  by case: i => [[|[|n]] ni] //=; apply/eqP; number.
by rewrite /mem_score /gets_right /pr !big_set1 /copies !inE /=; apply/eqP; number.
Qed.

(** F10 with every score taken at the full D is false. *)
Theorem F10_twin : exists (D : {set rows}) (s : seq rows) (i : rows),
  mem_score (@copies rat_realFieldType) gets_right D [set x in s] i <>
  \sum_(j < size s) mem_score (@copies rat_realFieldType) gets_right D [set nth ord0 s j] i.
Proof.
exists setT, [:: ord0; ord_max], ord0; rewrite !big_ord_recl big_ord0 /=.
by rewrite /mem_score /gets_right /pr !big_set1 /copies !inE /=; apply/eqP; number.
Qed.

(** T10 with delta in place of 2 delta is false. *)
Theorem T10_twin : exists (A : learner rat_realFieldType rows bool_finType) (D S : {set rows}) (d : rat),
  [/\ proper_learner A, close 1 d (A D) (A (D :\: S))
    & ~ `|mem_score A gets_right D S ord0| * 2%:Q <= 1 - 1 + d].
Proof.
exists (@tells _ ord0), setT, setT, 1; split; [exact: tells_law | |].
  by rewrite /tells !inE; are_close.
by rewrite /mem_score /gets_right /pr !big_set1 /tells !inE /=; vm_compute.
Qed.
