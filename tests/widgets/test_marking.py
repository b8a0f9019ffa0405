import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.errors import DetectionError
from workbench.privacy import minimise
from workbench.records import Entity, Minimised
from workbench.widgets.marking import marked

WORDS = st.sampled_from(
    [
        "Mary",
        "mary@example.org",
        "PERSON_1",
        "[EMAIL_2]",
        "frost",
        "\n",
        "4111 1111 1111 1111",
        "é",
        "😀",
        "_",
        "1",
        "for",
    ]
)


def test_each_placeholder_says_its_kind_rule_and_confidence():
    minimised, _ = minimise("A haiku for Mary, mary@example.org, on frost")
    parts = marked("A haiku for Mary, mary@example.org, on frost", minimised)
    assert [part["text"] for part in parts] == ["A haiku for ", "PERSON_1", ", ", "EMAIL_1", ", on frost"]
    assert [part.get("kind") for part in parts] == [None, "PERSON", None, "EMAIL", None]
    assert all(0 < part["confidence"] <= 1 and part["rule"] for part in parts if "kind" in part)


@given(st.lists(WORDS, max_size=8).map(" ".join))
def test_the_parts_together_are_the_minimised_text_with_a_mark_for_each_entity(text):
    minimised, pseudonyms = minimise(text)
    parts = marked(text, minimised)
    assert "".join(part["text"] for part in parts) == minimised.text
    marks = [part for part in parts if "kind" in part]
    assert [mark["kind"] for mark in marks] == [entity.kind for entity in minimised.entities]
    assert {mark["text"] for mark in marks} <= set(pseudonyms.originals)


@pytest.mark.parametrize(
    ("original", "text"),
    [("for Mary", "for EMAIL_1"), ("for Mary", "to PERSON_1"), ("for Mary, now", "for PERSON_1, then")],
)
def test_texts_that_do_not_belong_together_are_refused(original, text):
    entity = Entity(4, 8, "PERSON", "names", 0.9)
    with pytest.raises(DetectionError, match="nothing was sent"):
        marked(original, Minimised(text, entities=(entity,)))
