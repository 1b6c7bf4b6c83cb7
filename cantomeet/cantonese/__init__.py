"""Cantonese text, with English inside: joining and spacing, script, folding for search. Pure.

`spacing` puts words together as Hong Kong prints them, `script` gives a recogniser's text Hong Kong's characters,
`homophones` mends characters that a recogniser took for others of the same sound, `folding` makes two writings of the
same words equal. None of them turns spoken Cantonese into written Chinese.
"""

from cantomeet.cantonese.folding import find_folded, fold
from cantomeet.cantonese.homophones import mend_homophones
from cantomeet.cantonese.script import to_hong_kong
from cantomeet.cantonese.spacing import Attachment, Joinable, join_words, space, typeset, widen_punctuation

__all__ = [
    "Attachment",
    "Joinable",
    "find_folded",
    "fold",
    "join_words",
    "mend_homophones",
    "space",
    "to_hong_kong",
    "typeset",
    "widen_punctuation",
]
