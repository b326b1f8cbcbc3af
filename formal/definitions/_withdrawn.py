"""Definitions that are no longer asked for, and why."""

WITHDRAWN = {
    "unlearning-dataset-1": "it quantified over S_full after S: with S empty and S_full once empty and once all of "
    "D it asks that "
    "A(D) and A(∅) be 2δ apart at most, which no remover can bring about (F12a); unlearning-dataset-2 puts the "
    "behaviour first"
}
"""Id of a definition that is no longer asked for → why."""
