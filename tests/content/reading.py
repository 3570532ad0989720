"""The Flesch-Kincaid grade of a text, and of the English of a page as it is rendered.

The index is the standard one: 0.39 words a sentence + 11.8 syllables a word - 15.59. The ready-made library for it
(textstat) fetches its dictionary of syllables from the internet at run time, so they are counted here, by groups of
vowels; the tests hold the count against words and texts that were counted by hand.

Only blocks of at least FEWEST words are counted: labels and buttons are no sentences, and would make every page look
easier than it reads.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

FEWEST = 5
# Words of so few letters have one syllable.
SHORT = 3
# Whatever stands in one of these is read as a piece of its own.
_TAGS = """
address article aside blockquote body br button caption dd details div dl dt fieldset figure footer form h1 h2 h3 h4
header html label legend li main nav ol option p pre section select small summary table td template textarea th title
tr ul
"""
BLOCKS = frozenset(_TAGS.split())
SILENT = frozenset(["script", "style", "head"])
SENTENCE = re.compile(r"[.!?]+[\s”’\")]+|[.!?]+$|\n")
WORD = re.compile(r"[A-Za-zÀ-ÿ][A-Za-zÀ-ÿ’'-]*")
# Two vowels that are spoken apart, and endings that are not spoken.
APART = re.compile(r"(?<![tscg])i(?:a(?!g)|o(?!u))|i(?:um|et)|[aeiouy]ing|eo(?!u)|ua(?!r|l)|uou")
# Where groups of vowels mislead, and the word is common here.
KNOWN = {"people": 2, "area": 3, "being": 2, "doing": 2, "every": 2, "everybody": 4, "everything": 3, "colleague": 2,
         "colleagues": 2, "violence": 3, "quiet": 2, "private": 2, "something": 2, "sometimes": 2, "someone": 2,
         "somebody": 3, "therefore": 2, "are": 1, "were": 1, "one": 1, "once": 1, "alone": 2, "phone": 1}  # fmt: skip


def syllables(word: str) -> int:
    """Count the syllables of an English word, at least one."""
    plain = re.sub(r"[’'](s|re|ve|ll|d|t|m)?$", "", word.lower()).replace("’", "").replace("'", "")
    if "-" in plain:
        return sum(syllables(part) for part in plain.split("-") if part) or 1
    if plain in KNOWN:
        return KNOWN[plain]
    if len(plain) <= SHORT:
        return 1
    stem = plain.replace("coor", "co-or").replace("suici", "su-ici").replace("coop", "co-op")
    if (re.search(r"[^aeiouy]e$", stem) and not re.search(r"[^aeiouyl]le$", stem)) or re.search(
        r"[^aeioutdy]ed$", stem
    ):
        stem = re.sub(r"e(d?)$", r"\1", stem)
    elif re.search(r"[^aeiouyszxgch]es$", stem) and not re.search(r"[^aeiouyl]les$", stem):
        stem = stem[:-2]
    stem = re.sub(r"(?<=[^aeiouyl])e(?=(ly|ment|ments|less|ful|fully|ness)$)", "", stem)
    return max(1, len(re.findall(r"[aeiouyà-ÿ]+", stem)) + len(APART.findall(stem)))


@dataclass
class Measure:
    """How much there is of a text."""

    words: int = 0
    sentences: int = 0
    syllables: int = 0
    hardest: list[tuple[float, str]] = field(default_factory=list)

    @property
    def grade(self) -> float:
        """The Flesch-Kincaid grade."""
        if not self.words:
            return 0.0
        return 0.39 * self.words / self.sentences + 11.8 * self.syllables / self.words - 15.59


def measure(pieces: Iterator[str] | list[str], fewest: int = FEWEST) -> Measure:
    """Measure the pieces of a text together."""
    found = Measure()
    for piece in pieces:
        for sentence in filter(None, (part.strip() for part in SENTENCE.split(f"{piece}\n") if part)):
            words = WORD.findall(sentence)
            if len(words) < fewest:
                continue
            spoken = sum(map(syllables, words))
            found.words += len(words)
            found.sentences += 1
            found.syllables += spoken
            found.hardest.append((round(0.39 * len(words) + 11.8 * spoken / len(words) - 15.59, 1), sentence))
    found.hardest.sort(reverse=True)
    return found


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = [""]
        self.skipping = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if tag in SILENT:
            self.skipping += 1
        if tag in BLOCKS:
            self.pieces.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag in SILENT:
            self.skipping -= 1
        if tag in BLOCKS:
            self.pieces.append("")

    def handle_data(self, data: str) -> None:
        if not self.skipping:
            self.pieces[-1] += data


def pieces_of(page: str) -> list[str]:
    """Return the pieces of text of a page, the sentences that its scripts show among them."""
    reader = _Reader()
    reader.feed(page)
    return list(dict.fromkeys(found for piece in reader.pieces if (found := " ".join(piece.split()))))
