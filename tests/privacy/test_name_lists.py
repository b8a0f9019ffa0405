"""The lists that tell names from other words are in the form that words are looked up in, and hold no surname."""

import pytest
from faker.providers.person import en_GB, en_US

from workbench.privacy import name_lists
from workbench.privacy.gazetteer import fold

LISTS = {name: words for name, words in vars(name_lists).items() if name.isupper()}


@pytest.mark.parametrize("name", sorted(LISTS))
def test_every_listed_word_is_folded_as_the_words_of_a_text_are(name):
    assert LISTS[name]
    assert all(word == fold(word) for word in LISTS[name])


def test_no_common_english_surname_counts_as_an_ordinary_word_after_a_given_name():
    providers = [provider.Provider for provider in (en_GB, en_US)]
    fields = [getattr(one, field) for one in providers for field in dir(one) if field.startswith("last_names")]
    surnames = {fold(name) for names in fields for name in names}
    assert len(surnames) > 1000
    assert not surnames & name_lists.NOT_AFTER_GIVEN_NAME
