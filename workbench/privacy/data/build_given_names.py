# ruff: noqa: INP001 - a script beside the data that it makes; the folder holds no package.
"""Compact Faker's given names into ``given_names.txt``: run ``python -m workbench.privacy.data.build_given_names``.

Faker's person providers are MIT (``LICENSE-faker``); names are folded to plain small letters. TextBlob's lexicon of
parts of speech and Faker's place names tell which of them are ordinary words or places too; those carry a ``?`` and
count as names only where the words around them say so. Only that mark is kept of the lexicon, no line of it.
"""

import importlib
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from workbench.privacy.gazetteer import fold
from workbench.privacy.rules import word_set

HEADER = "# Given names of Faker (MIT, LICENSE-faker), by build_given_names.py. ? = an ordinary word or a place too.\n"

LOCALES = word_set(
    "en_US en_GB en_IE en_NZ en_IN en_NG en_KE en_PK fr_FR fr_CA fr_CH de_DE de_AT de_CH es_ES es_MX es_AR it_IT nl_NL "
    "nl_BE pl_PL sv_SE no_NO da_DK fi_FI pt_PT pt_BR tr_TR cs_CZ hr_HR ro_RO ga_IE"
)
PLACE_LOCALES = word_set("en_US en_GB en_CA en_AU en_IN en_NZ")
LENGTHS = range(3, 14)  # letters

# Common given names that Faker's lists lack.
ADDED = word_set(
    "will bill art ada ahmed aisha alejandro amir anya chen fatima hassan hiroshi ines ingrid layla mei mohammed "
    "muhammad omar priya raj sanjay wei yuki"
)

# Words that Faker has as names and that stand before a capital too often: "German Shepherd", "IBAN GB82".
NEVER = word_set("danish english french german iban spanish")

# Names first of all, though the lexicon has them as words or Faker as places.
SURE = word_set(
    "abby ada adam alba ali alma ana ann anna bob bobby charlotte clementine donna eli ella elle eva florian "
    "graham harry helena hugh ida jack jahangir jean jim john josh ken lea leo linus louis lucia lucy maria "
    "mariana martin matt mia mira nick omar pedro peter pierre raj sally sara serge sofia solomon teddy terry tom "
    "tony travis vincent warren wei william willy"
)

# Doubtful in ways that no list tells: virtues, months, flowers, stones, places, verse and Scripture.
DOUBTFUL = word_set(
    "abu adelaide al alexa alexandria amber an angel apollo april art asia athena august aurora austin autumn ava "
    "bard bay ben bill bin bliss blossom brittany brook brooke brooks buddha candy carol cedar chance charity "
    "chase chastity chelsea cherry chester china chip chris christian claude clay cliff constance crystal da "
    "daisy dakota dale dallas dawn de dean deb del den der di diamond diana dick do dolly don drew duke earl "
    "easter eden el elm ember era ernest essence eve ever faith fay fern fiore flora florence forest france frank "
    "gale gay gemini gene genesis georgia ginger glen glory grace grant guy hamilton hazel heath heather heaven "
    "henna hera holly honor hope houston hunter ia india indigo io ira iris isa israel ita ivory ivy jade jasmine "
    "jasper jefferson jersey jess jesus jewel job jordan joy juan jude june juno justice kay kenya king la lance "
    "lane las laurel lavender le lee levi lewis liberty lila lily lima lincoln los lotus lucky luna luther "
    "madonna major marina mark marx mason max may mayo melody mercy mickey milan miles milo misty mohammed mona "
    "moon morgan muhammad muse myrtle nan noble norm norman nova ocean oda ode odyssey olive ona opal ora orion "
    "page paige paris parker pat patience patsy patty pax peace pearl peg penny pepper phoebe phoenix piper "
    "porter precious prince princess prudence psyche queen rain raven ray read reed reef rich river rob robin "
    "rock rocky rod roman romeo rosa rosario rose rosemary ruby rusty sage san sandy santa santiago saturn "
    "savannah scot serenity shell shelly siena sierra siri sol sonny star starr stone storm sue sugar summer "
    "sunday sunny sydney sylvan tad temple terra thorn thyme tiger tim trinity true tuesday una unity uno van "
    "vega venus vera verity verona verse victor victoria vienna viola violet virgin virginia von wade ward watson "
    "wednesday will willow win winter wolf woody wren zeus zion chen mei"
)


def given_names(locale: str) -> Iterator[str]:
    """Yield the given names of one of Faker's locales, as Faker writes them."""
    provider = importlib.import_module(f"faker.providers.person.{locale}").Provider
    for field in dir(provider):
        if field.startswith("first_names"):
            yield from getattr(provider, field)


def places() -> Iterator[str]:
    """Yield the words of Faker's countries, states and cities in English."""
    for locale in sorted(PLACE_LOCALES):
        provider = importlib.import_module(f"faker.providers.address.{locale}").Provider
        for field in ("countries", "states", "cities"):
            for value in getattr(provider, field, ()):
                if isinstance(value, str):
                    yield from value.split()


def ordinary_words() -> set[str]:
    """Return the words that TextBlob's lexicon knows in small letters as something other than a proper noun."""
    lines = files("textblob").joinpath("en/en-lexicon.txt").read_text(encoding="utf-8").splitlines()
    pairs = (line.split() for line in lines if line and not line.startswith(";"))
    return {pair[0] for pair in pairs if len(pair) > 1 and pair[0].islower() and not pair[1].startswith(("NNP", "FW"))}


def build() -> str:
    """Return the text of ``given_names.txt``."""
    written = {name for locale in LOCALES for name in given_names(locale)}
    names = ({fold(part) for name in written for part in name.split()} | ADDED) - NEVER
    names = {name for name in names if name.isascii() and name.replace("-", "").isalpha() and len(name) in LENGTHS}
    doubtful = (ordinary_words() | {fold(place) for place in places()} | DOUBTFUL) - SURE
    return HEADER + "".join(f"{name}?\n" if name in doubtful else f"{name}\n" for name in sorted(names))


if __name__ == "__main__":
    Path(__file__).with_name("given_names.txt").write_text(build(), encoding="utf-8")
