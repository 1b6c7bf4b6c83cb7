"""Measures the conversion to Hong Kong's characters on an independent corpus, beside OpenCC's s2hk.

    python -m benchmarks.hong_kong_script [--show 30]

HKCanCor (Luke and Wong; CC BY) has 16,162 utterances of Hong Kong's spoken Cantonese, transcribed by hand in
traditional characters. The package pycantonese contains it. The benchmark counts the utterances that the converter
changes as they are, and those that it does not restore after OpenCC has simplified them (by t2s and by hk2s). The rules
were made from every other conversation. The rest (`held back`) was looked at once, when it stood at 1.30 %, and faults
that other Cantonese shares were corrected afterwards. `--show` lists the commonest differences from t2s.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from opencc import OpenCC

from cantomeet.cantonese import to_hong_kong

SIMPLIFIERS = ("t2s", "hk2s")
Convert = Callable[[str], str]


def conversations() -> list[list[str]]:
    """Return HKCanCor's 58 files by name, each as a list of utterances without spaces."""
    import pycantonese  # only this module needs it

    corpus: Any = pycantonese.hkcancor()
    files = zip(corpus.file_paths, corpus.utterances(by_file=True), strict=True)
    named = sorted((str(path), said) for path, said in files)
    return [["".join(token.word for token in utterance.tokens) for utterance in said] for _, said in named]


def utterances() -> list[str]:
    return [text for conversation in conversations() for text in conversation]


def changed(texts: Sequence[str], convert: Convert) -> list[str]:
    """Return the utterances that the converter changes."""
    return [text for text in texts if convert(text) != text]


def wrong_from_simplified(texts: Sequence[str], simplifier: str, convert: Convert) -> list[str]:
    """Return the utterances that the converter does not restore."""
    simplify = OpenCC(simplifier).convert
    return [text for text in texts if convert(simplify(text)) != text]


def table(everything: Sequence[str], held_back: Sequence[str]) -> Iterator[str]:
    opencc = OpenCC("s2hk").convert
    yield f"{'':30}{'to_hong_kong':>14}{'OpenCC s2hk':>14}{'held back':>20}"
    for name, count in (
        ("changed as they stand", changed),
        *((f"wrong from simplified ({by})", _from(by)) for by in SIMPLIFIERS),
    ):
        ours, theirs, held = (
            len(count(everything, to_hong_kong)),
            len(count(everything, opencc)),
            len(count(held_back, to_hong_kong)),
        )
        of, of_held = len(everything), len(held_back)
        yield f"{name:30}{ours:>6} {ours / of:7.2%}{theirs:>6} {theirs / of:7.2%}{held:>12} {held / of_held:7.2%}"


def _from(simplifier: str) -> Callable[[Sequence[str], Convert], list[str]]:
    return lambda texts, convert: wrong_from_simplified(texts, simplifier, convert)


def differences(texts: Sequence[str]) -> Counter[str]:
    """Count `right → shown` for each character that is not restored from t2s."""
    simplify = OpenCC("t2s").convert
    pairs = (pair for text in texts for pair in zip(text, to_hong_kong(simplify(text)), strict=False))
    return Counter(f"{right} → {shown}" for right, shown in pairs if right != shown)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--show", type=int, default=0, help="so many of the commonest differences")
    shown = parser.parse_args().show
    try:
        by_file = conversations()
    except ModuleNotFoundError:
        raise SystemExit("HKCanCor comes with pycantonese: pip install pycantonese") from None
    everything = [text for conversation in by_file for text in conversation]
    held_back = [text for conversation in by_file[1::2] for text in conversation]
    print(f"{len(everything)} utterances, {len(held_back)} of them in the conversations that were held back")
    print("\n".join(table(everything, held_back)))
    for difference, times in differences(everything).most_common(shown):
        print(f"{times:6} {difference}")


if __name__ == "__main__":
    main()
