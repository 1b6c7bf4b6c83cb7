"""Selects the sentences that say most about what the whole meeting talks about."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence

from worker.providers.extractive.decisions import is_decision
from worker.providers.extractive.folding import fold
from worker.providers.extractive.framing import acknowledgement_end, greeting_end, is_agenda, is_closing
from worker.providers.extractive.questions import is_question
from worker.providers.extractive.sentences import CJK, Sentence, width
from worker.providers.extractive.words import EVERYDAY, NOT_GIVEN_NAMES

FEWEST_WIDTH = 12
"""Smallest width of a sentence, six Chinese characters or about two words, that can be in the overview."""
SENTENCES_PER_LINE_OF_OVERVIEW = 6
_WORD = re.compile(rf"[A-Za-z][A-Za-z'’-]+|\d+|[{CJK}]+")
_EVERYDAY = frozenset(fold(EVERYDAY))


def overview_of(sentences: Sequence[Sentence], title: str) -> list[Sentence]:
    """Return up to eight sentences in time order, without greetings; none if only greetings were said."""
    candidates = [content for sentence in sentences if (content := _without_opening(sentence)) is not None]
    terms = [_terms(sentence.folded) for sentence in candidates]
    spoken = Counter(term for found in terms for term in found)
    weigh = _term_weights(spoken, _terms(fold(title)))
    scores = [_score(s, found, weigh) for s, found in zip(candidates, terms, strict=True)]
    chosen = _choose_diverse(scores, terms, _overview_length(len(candidates)), weigh)
    return [candidates[index] for index in sorted(chosen)]


def _overview_length(sentences: int) -> int:
    usual = min(5, math.ceil(sentences / SENTENCES_PER_LINE_OF_OVERVIEW))
    return usual + (sentences > 300) + (sentences > 800) + (sentences > 1500)


def _without_opening(sentence: Sentence) -> Sentence | None:
    """Remove "Good morning," or 好， ; return None for greetings, closings and very short sentences."""
    start = max(greeting_end(sentence), acknowledgement_end(sentence))
    content = sentence.cut(start, len(sentence.text))
    if start == len(sentence.text) or is_closing(sentence) or content.width < FEWEST_WIDTH:
        return None
    return content


def _terms(folded: str) -> frozenset[str]:
    """Return Latin words, and pairs of Chinese characters without everyday ones."""
    terms: set[str] = set()
    for run in _WORD.findall(folded):
        if run[0].isascii():
            terms.update([run.lower()] if len(run) > 2 and run.lower() not in NOT_GIVEN_NAMES else [])
        else:
            pairs = (run[i : i + 2] for i in range(len(run) - 1))
            terms.update(pair for pair in pairs if not (pair[0] in _EVERYDAY or pair[1] in _EVERYDAY))
    return frozenset(terms)


def _term_weights(spoken: Counter[str], title: frozenset[str]) -> Callable[[str], float]:
    """Weigh terms by how many sentences have them; a term of one sentence counts little."""

    def weigh(term: str) -> float:
        return (0.3 if spoken[term] == 1 else math.log1p(spoken[term])) * (1.5 if term in title else 1.0)

    return weigh


def _score(sentence: Sentence, terms: frozenset[str], weigh: Callable[[str], float]) -> float:
    score = sum(map(weigh, terms)) / math.sqrt(len(terms) + 3)
    if is_decision(sentence):
        score = 1.4 * score + 0.4
    if is_agenda(sentence):
        score *= 1.3
    if is_question(sentence):
        score *= 0.5
    return score * min(1.0, width(sentence.text) / 30)


def _choose_diverse(
    scores: list[float], terms: list[frozenset[str]], count: int, weigh: Callable[[str], float]
) -> list[int]:
    """Choose the best sentences, each time preferring those that share few terms with the chosen ones."""
    left = dict(enumerate(scores))
    said: set[str] = set()
    chosen: list[int] = []
    while left and len(chosen) < count:
        best = max(left, key=lambda index: (left[index] * (1 - 0.8 * _shared(terms[index], said)), -index))
        if left[best] <= 0 and chosen:
            break
        chosen.append(best)
        said |= terms[best]
        del left[best]
    return chosen


def _shared(terms: frozenset[str], said: set[str]) -> float:
    return len(terms & said) / len(terms) if terms else 0.0
