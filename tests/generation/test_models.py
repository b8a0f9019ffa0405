"""The default model and the API's version, held against the SDK that is installed."""

from typing import get_args

import pytest
from anthropic._constants import ANTHROPIC_API_VERSION
from anthropic.resources.messages.messages import DEPRECATED_MODELS
from anthropic.types.model import Model
from hypothesis import given
from hypothesis import strategies as st

from workbench.generation.models import API_VERSION, DEFAULT_MODEL, SUGGESTED_MODELS, estimated_tokens, is_claude


def test_the_default_model_is_claude_sonnet_5_5():
    assert DEFAULT_MODEL == "claude-sonnet-5-5"
    assert SUGGESTED_MODELS[0] == DEFAULT_MODEL


@pytest.mark.parametrize("name", SUGGESTED_MODELS)
def test_every_suggested_model_is_known_to_the_sdk_and_not_deprecated(name):
    known = {known for option in get_args(Model) for known in get_args(option)}
    assert name in known
    assert name not in DEPRECATED_MODELS
    assert is_claude(name)


def test_the_api_version_is_the_one_that_the_sdk_speaks():
    assert API_VERSION == ANTHROPIC_API_VERSION


@pytest.mark.parametrize("name", ["offline-poet", "", "Claude", "gpt"])
def test_other_models_are_told_apart(name):
    assert not is_claude(name)


@given(st.text(), st.text())
def test_an_estimate_grows_with_the_text_and_is_zero_only_for_none(text, more):
    assert estimated_tokens(text) <= estimated_tokens(text + more)
    assert (estimated_tokens(text) == 0) is (text == "")
