# ruff: noqa: INP001 - a script beside the data that it makes; the folder holds no package.
"""Choose the 7,776 words of ``words.txt``: run ``python -m workbench.identity.data.build_words``.

They come from zxcvbn's two lists of English by frequency, Wikipedia's and subtitles' (MIT, ``LICENSE-zxcvbn``). The
most frequent come first, and a word stays out when it

- hasn't 4 to 8 letters, or isn't in CMUdict, so that each can be said aloud;
- is a name or a place, as far as TextBlob's lexicon and the lists of ``build_given_names`` tell (that lexicon's mark is
  used, no line of it is kept);
- is in `STOPPED`, or begins with one of `STOPPED_BEGINNINGS`;
- sounds like an earlier one, so that a passphrase can be read out: "their", "there";
- begins with an earlier one or is the beginning of one: "walk", "walks", "walked". So there is one form of each to
  remember, and six words run together still part in one way only.
"""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

from zxcvbn.matching import RANKED_DICTIONARIES

from workbench.identity.words import LIST_SIZE
from workbench.privacy.data.build_given_names import ordinary_words, places
from workbench.privacy.gazetteer import fold, given_names
from workbench.privacy.rules import word_set
from workbench.prosody.dictionary import known_words, pronunciations

SPELT = re.compile(r"[a-z]{4,8}")

# Nothing that one wouldn't read out in class: insults, sex, violence, illness, drugs.
STOPPED_BEGINNINGS = tuple(
    word_set(
        "abduct abort abus anorex arous assault asses atroc autis bastard behead bigot bimbo bitch bomb boob boozing "
        "bosom breast brothel bugger cancer cannibal carnal cervi cleavage cocain cocked cocky condom corpse crap "
        "cripp  crotch damn dead death dement died dies drug drunk dumb dwarf dying enslav erec erotic estrogen "
        "execut fascis  fatal fetus fuck fuhrer gallows gassed genital genocid ghetto goddam groin gunfire gunmen "
        "gunn gunp guns gyps  hell heroin hijack hisself homicid horny idiot imbecil impal impot incest jihad kidnap "
        "kill kraut lepro leuk  lingerie lunatic lust lympho lynch machete mangled masturb molest moron mulatto "
        "murder mutil naked nazi negro  nipple noose nude obese oedip orgasm orgi orgy oriental overdose panties "
        "penis perver phall pimp piss poof  porn prick prostat prostit puberty puke queer racis rape rapi raping "
        "rapist redneck retard sadis savage screw  seduc semen senil sex shit shoot shot slain slaught slave slut "
        "sodom sperm stab strangl strip suck suffoc  suicid swarthy swastika tampon terror testic thug tortur "
        "transves tumor urin vagin victim virgin vomit whore"
    )
)
# Half of a contraction, or a way of speaking rather than a word.
STOPPED = word_set(
    "arent cant couldnt didnt doesnt dont dunno etcetera gonna gotta hadnt hafta hasnt hmmm isnt kinda lemme "
    "nilly outta  russe shant shouldnt teensy ussr utero versa wanna wasnt wont"
)


def by_frequency() -> list[str]:
    """Return the words of zxcvbn's two lists of English, by the better of their ranks, then by the alphabet."""
    ranks: dict[str, int] = {}
    for name in ("english_wikipedia", "us_tv_and_film"):
        for word, rank in RANKED_DICTIONARIES[name].items():
            ranks[word] = min(rank, ranks.get(word, rank))
    return sorted(ranks, key=lambda word: (ranks[word], word))


def usable(words: Iterable[str]) -> Iterator[str]:
    """Yield what can be spelt, said and read out, and names nobody and no place."""
    said, ordinary = frozenset(known_words()), ordinary_words()
    named = given_names().keys() | {fold(place) for place in places()} | STOPPED
    for word in words:
        is_word = SPELT.fullmatch(word) and word in said and word in ordinary
        if is_word and word not in named and not word.startswith(STOPPED_BEGINNINGS):
            yield word


def distinct(words: Iterable[str]) -> Iterator[str]:
    """Yield what neither sounds like an earlier word nor begins with one, or one with it."""
    sounds: set[str] = set()
    kept: set[str] = set()
    beginnings: set[str] = set()
    for word in words:
        spoken = set(pronunciations(word))
        parts = {word[:length] for length in range(1, len(word) + 1)}
        if spoken & sounds or parts & kept or word in beginnings:
            continue
        sounds |= spoken
        beginnings |= parts
        kept.add(word)
        yield word


def build() -> str:
    """Return the text of ``words.txt``."""
    words = list(distinct(usable(by_frequency())))[:LIST_SIZE]
    return "".join(f"{word}\n" for word in sorted(words))


if __name__ == "__main__":
    Path(__file__).with_name("words.txt").write_text(build(), encoding="ascii")
