(* Copies that stay: a learner that publishes one of its rows. *)
From mathcomp Require Import all_ssreflect all_algebra ring.
From neverseen Require Import Closeness Coins Mixtures Worlds.
Set Implicit Arguments. Unset Strict Implicit. Unset Printing Implicit Defensive.
Import Order.TTheory GRing.Theory Num.Theory.
Local Open Scope ring_scope.

Section Copies.
Variables (R : realFieldType) (X T : finType).
(* The point that a row holds; rows may hold the same. *)
Variable point : X -> T.
Implicit Types (D S B : {set X}).

Definition holding D t := #|[set x in D | point x == t]|.
(* One of the rows drawn at random. *)
Definition one_row : learner R X T := fun D t => (holding D t)%:R / #|D|%:R.

Lemma holding_sum D : \sum_t (holding D t)%:R = #|D|%:R :> R.
Proof.
rewrite -natr_sum; congr (_%:R); rewrite -sum1_card (partition_big point xpredT) //=.
apply: eq_bigr => t _; rewrite /holding -sum1_card; apply: eq_bigl => x.
by rewrite inE.
Qed.

Lemma one_row_law D : D != set0 -> law (one_row D).
Proof.
move=> D0; split=> [t|]; first by rewrite divr_ge0 ?ler0n.
by rewrite -mulr_suml holding_sum divff // pnatr_eq0 cards_eq0.
Qed.

(** T16. Copies that stay: k rows of the behaviour stay among the m of D minus S, at points that no other row holds;
    then exact untraining stands at k/m from unlearning. *)
Theorem T16_copies D B S : S \subset full B D -> D :\: full B D != set0 ->
  (forall x y, x \in full B D :\: S -> y \in D :\: full B D -> point x != point y) ->
  #|D :\: S|%:R * tv (retrained one_row D S) (unlearned one_row B D) = #|full B D :\: S|%:R.
Proof.
move=> sF n0 apart; set M := D :\: S; set N := D :\: full B D; set K := full B D :\: S.
have NM : N \subset M by apply: setDS.
have n1 : 0 < #|N|%:R :> R by rewrite ltr0n card_gt0.
have nm : #|N|%:R <= #|M|%:R :> R by rewrite ler_nat subset_leq_card.
have m1 : 0 < #|M|%:R :> R by apply: lt_le_trans nm.
have M0 : M != set0 by rewrite -card_gt0 -(ltr0n R).
have MNK : M = N :|: K.
  apply/setP=> x; rewrite !inE; have := subsetP sF x; rewrite !inE.
  by case: (x \in S) => [->//|_]; case: (x \in D); case: (x \in B).
have NK0 : N :&: K = set0 by apply/setP=> x; rewrite !inE; case: (x \in D); case: (x \in B); rewrite ?andbF.
have parts t : holding M t = (holding N t + holding K t)%N.
  rewrite /holding MNK (_ : [set x in _ | _] = [set x in N | point x == t] :|: [set x in K | point x == t]).
    rewrite cardsU (_ : _ :&: _ = set0) ?cards0 ?subn0 //.
    apply/setP=> x; have /setP/(_ x) := NK0; rewrite !inE.
    by case: (point x == t); rewrite ?andbF ?andbT // => ->.
  by apply/setP=> x; rewrite !inE andb_orl.
have either t : (holding N t == 0)%N || (holding K t == 0)%N.
  rewrite !cards_eq0 -implyNb; apply/implyP=> /set0Pn[y]; rewrite inE => /andP[yN /eqP yt].
  apply/eqP/setP=> x; rewrite !inE; apply/negbTE/negP=> /andP[xK /eqP xt].
  have xK' : x \in K by rewrite !inE.
  by have := apart x y xK' yN; rewrite xt yt eqxx.
rewrite tv_hs; [|exact: one_row_law..].
rewrite /hs mulr_sumr -(holding_sum K); apply: eq_bigr => t _.
rewrite /retrained /unlearned -/M -/N /one_row mul1r parts natrD.
have /orP[/eqP->|/eqP->] := either t.
  by rewrite add0r mul0r subr0 pos_id ?divr_ge0 ?ler0n // mulrCA divff ?gt_eqF // mulr1.
rewrite addr0 pos_0 ?mulr0 // subr_le0 ler_wpmul2l ?ler0n //.
by rewrite lef_pinv // posrE.
Qed.
End Copies.
