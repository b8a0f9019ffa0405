"""Scan a poem: its lines, their syllables and stresses, its rhymes, and whether it keeps a form."""

import re
from dataclasses import dataclass, field

from workbench.errors import WorkbenchError
from workbench.prosody.forms import FORMS, Form
from workbench.prosody.metre import Fit, best_fit, lengths, natural, templates
from workbench.prosody.words import rhymes, rhyming_parts, syllables, words_of

_DEDICATION = re.compile(r"\s*(?:for|to) [^\n]{1,80}\n[ \t]*\n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a poem, measured.

    Parameters
    ----------
    text : str
        The line.
    syllables : int
        As it is said; where it can be said in several ways, the way that fits the form.
    stresses : str
        ``/`` for a stressed syllable, ``x`` for an unstressed one.
    fit : Fit, optional
        How it lies over the form's metre; ``None`` where the form has no metre or the line can't be laid over it.
    """

    text: str = field(repr=False)
    syllables: int
    stresses: str
    fit: Fit | None = None

    @property
    def end_word(self) -> str:
        """The last word, on which the rhyme falls; empty for a line without words."""
        return (words_of(self.text) or ("",))[-1]


@dataclass(frozen=True, slots=True)
class Scansion:
    """A poem, measured.

    Parameters
    ----------
    lines : tuple of Line
        Its lines, without empty ones and without the dedication.
    scheme : str
        A letter for each line, the same for lines that rhyme, ``"-"`` for a line that rhymes with none.
    form : str, optional
        The form it was measured against, or, where none was given, the first that it keeps; ``None`` if it keeps none.
    misfits : tuple of str
        What doesn't fit the form, each in a sentence; empty when it fits.
    dedication : str, optional
        The first line, when it reads "for …" and stands alone; it is no part of the metre.
    """

    lines: tuple[Line, ...]
    scheme: str
    form: str | None
    misfits: tuple[str, ...] = ()
    dedication: str | None = field(default=None, repr=False)

    @property
    def fits(self) -> bool:
        """Whether the poem keeps the form; without a form it keeps none."""
        return self.form is not None and not self.misfits


def scan(poem: str, *, form: str | None = None) -> Scansion:
    """Measure a poem, against a form or, without one, against every form that this room can measure.

    Parameters
    ----------
    poem : str
        The words, a line of verse on each line; empty lines part stanzas.
    form : str, optional
        A key of `FORMS`.

    Raises
    ------
    WorkbenchError
        When there is no such form.
    """
    if form is not None:
        if form not in FORMS:
            raise WorkbenchError("There is no form of that name.", remedy=f"Choose one of: {', '.join(FORMS)}.")
        return _against(poem, FORMS[form])
    for known in FORMS.values():
        if known.syllables and (scansion := _against(poem, known)).fits:
            return scansion
    dedication, texts = _lines_of(poem)
    lines = tuple(_line(text, None, "") for text in texts)
    return Scansion(lines, rhyme_scheme(texts), None, ("It keeps none of the forms known here.",), dedication)


def rhyme_scheme(lines: tuple[str, ...]) -> str:
    """Return a letter for each line, the same for lines that rhyme or end in the same word, ``"-"`` for the rest."""
    ends = [(words_of(line) or ("",))[-1].lower() for line in lines]
    tails = [{tail for _, tail in rhyming_parts(end)} if end else set() for end in ends]
    first_partner = [
        next((earlier for earlier in range(here) if tails[earlier] & tails[here]), here) for here in range(len(ends))
    ]
    letters: dict[int, str] = {}
    scheme = []
    for here, partner in enumerate(first_partner):
        is_alone = first_partner.count(partner) == 1 and partner == here
        scheme.append("-" if is_alone else letters.setdefault(partner, _letter(len(letters))))
    return "".join(scheme)


def _letter(place: int) -> str:
    return chr(ord("a") + place) if place < 26 else "*"  # noqa: PLR2004 - letters of the alphabet


def _lines_of(poem: str) -> tuple[str | None, tuple[str, ...]]:
    """Part a poem into its dedication, if it has one, and its lines."""
    dedication = None
    if found := _DEDICATION.match(poem):
        dedication, poem = found.group().strip(), poem[found.end() :]
    return dedication, tuple(line.strip() for line in poem.splitlines() if words_of(line))


def _line(text: str, count: int | None, metre: str) -> Line:
    shapes = templates(metre, count) if count else ()
    laid = best_fit(text, shapes)
    if laid:
        return Line(text, len(laid.pattern), laid.pattern, laid)
    usual = sum(syllables(word) for word in words_of(text))
    return Line(text, count if count in lengths(text) else usual, natural(text))


def _against(poem: str, form: Form) -> Scansion:
    dedication, texts = _lines_of(poem)
    counts: tuple[int | None, ...] = form.syllables or (None,) * len(texts)
    padded = (*counts, *((None,) * len(texts)))[: len(texts)]
    lines = tuple(_line(text, count, form.metre) for text, count in zip(texts, padded, strict=True))
    scheme = rhyme_scheme(texts)
    misfits = (*_wrong_length(lines, form), *_wrong_metre(lines, form), *_wrong_rhyme(lines, scheme, form))
    return Scansion(lines, scheme, form.name, misfits, dedication)


def _wrong_length(lines: tuple[Line, ...], form: Form) -> list[str]:
    wrong = []
    wanted = len(form.syllables)
    if wanted and len(lines) != wanted:
        wrong.append(f"It has {len(lines)} {'line' if len(lines) == 1 else 'lines'}, not {wanted}.")
    for number, (line, count) in enumerate(zip(lines, form.syllables, strict=False), 1):
        if line.syllables != count and line.fit is None:
            wrong.append(f"Line {number} has {line.syllables} syllables, not {count}.")
    return wrong


def _wrong_metre(lines: tuple[Line, ...], form: Form) -> list[str]:
    if not form.metre:
        return []
    return [
        f"Line {number} strains the {form.metre} metre."
        for number, line in enumerate(lines, 1)
        if line.fit is not None and not line.fit.is_clean
    ] + [
        f"Line {number} can't be read in {form.metre} metre."
        for number, (line, count) in enumerate(zip(lines, form.syllables, strict=False), 1)
        if line.fit is None and line.syllables == count
    ]


def _wrong_rhyme(lines: tuple[Line, ...], scheme: str, form: Form) -> list[str]:
    """Compare each pair of lines with what the form's scheme says of it; ``"-"`` leaves a line free."""
    wrong = []
    for later, wanted in enumerate(form.scheme[: len(lines)]):
        for earlier, other in enumerate(form.scheme[:later]):
            if "-" in {wanted, other}:
                continue
            ends = lines[earlier].end_word, lines[later].end_word
            pair = f"Lines {earlier + 1} and {later + 1}"
            if wanted == other and ends[0].lower() == ends[1].lower():
                wrong.append(f"{pair} end in the same word.")
            elif wanted == other and not rhymes(*ends):
                wrong.append(f"{pair} don't rhyme.")
            elif wanted != other and scheme[earlier] == scheme[later] != "-":
                wrong.append(f"{pair} rhyme, and the form keeps them apart.")
    return wrong
