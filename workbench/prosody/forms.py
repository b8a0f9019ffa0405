"""The named forms of verse: what each asks for, in numbers and in words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """One form.

    Parameters
    ----------
    name : str
        Its key in `FORMS`.
    title : str
        As people see it.
    syllables : tuple of int
        Syllables of each line, or empty where the form leaves them free.
    scheme : str
        A letter for each line, the same for lines that rhyme, ``"-"`` where none does; empty where it is free.
    instruction : str
        What a model is told, in one sentence.
    metre : str
        ``"iambic"`` or ``"anapestic"``; empty where the form counts syllables only, or nothing.
    """

    name: str
    title: str
    syllables: tuple[int, ...]
    scheme: str
    instruction: str
    metre: str = ""


FORMS: dict[str, Form] = {
    form.name: form
    for form in (
        Form("haiku", "Haiku", (5, 7, 5), "---", "Write a haiku: three lines of five, seven and five syllables."),
        Form("couplet", "Couplet", (10, 10), "aa", "Write one rhymed couplet in iambic pentameter.", "iambic"),
        Form(
            "limerick",
            "Limerick",
            (8, 8, 5, 5, 8),
            "aabba",
            "Write a limerick: five anapestic lines rhymed a a b b a, the third and fourth short.",
            "anapestic",
        ),
        Form(
            "quatrain",
            "Quatrain",
            (10, 10, 10, 10),
            "abab",
            "Write a quatrain in iambic pentameter, rhymed a b a b.",
            "iambic",
        ),
        Form(
            "sonnet",
            "Sonnet",
            (10,) * 14,
            "ababcdcdefefgg",
            "Write a Shakespearean sonnet: fourteen lines of iambic pentameter, rhymed abab cdcd efef gg.",
            "iambic",
        ),
        Form("free-verse", "Free verse", (), "", "Write a poem in free verse."),
        Form("prose", "Prose", (), "", "Write prose, not verse."),
    )
}
"""Every form by name; order is the order in which panels list them."""
