"""Numbers as a sentence says them."""


def pairs_of(count: int) -> str:
    """So many pairs, in words.

    >>> pairs_of(1), pairs_of(2)
    ('1 pair', '2 pairs')
    """
    return f"{count} pair" if count == 1 else f"{count} pairs"


def percent(share: float) -> str:
    """A share as a percentage, never rounded onto 0 or 100 unless it is exactly that.

    >>> percent(0.5), percent(0.99999)
    ('50 %', '99.999 %')
    """
    text = f"{100 * share:.3g}"
    return f"{100 * share:.6g} %" if text == "100" and share < 1 else f"{text} %"
