"""Joins, spaces, converts and folds Cantonese text that contains English; all functions are pure.

`spacing` joins words as Hong Kong prints them. `script` converts a recogniser's text to Hong Kong's characters.
`homophones` corrects characters that a recogniser mistook for others of the same sound. `folding` makes different
spellings of the same words equal; `numbers` finds numbers as said and as written; `searching` rests on both. None of
them turns spoken Cantonese into written Chinese.
"""

from cantomeet.cantonese.folding import find_folded, fold
from cantomeet.cantonese.homophones import mend_homophones
from cantomeet.cantonese.script import to_hong_kong
from cantomeet.cantonese.searching import SearchQuery, SearchText, SoundQuery, search_query, search_text, sound_query
from cantomeet.cantonese.sounds import Sounds, known_sounds
from cantomeet.cantonese.spacing import Attachment, Joinable, join_words, space, typeset, widen_punctuation

__all__ = [
    "Attachment",
    "Joinable",
    "SearchQuery",
    "SearchText",
    "SoundQuery",
    "Sounds",
    "find_folded",
    "fold",
    "join_words",
    "known_sounds",
    "mend_homophones",
    "search_query",
    "search_text",
    "sound_query",
    "space",
    "to_hong_kong",
    "typeset",
    "widen_punctuation",
]
