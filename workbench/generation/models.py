"""Which Claude model is asked by default, and the numbers that go with a request; checked against the SDK in a test."""

DEFAULT_MODEL = "claude-sonnet-5-5"
"""The model asked when none is named: current in November 2026, and good at verse for its price.

A test compares it with the SDK's own list of models and its table of deprecated ones, so that an upgrade of the SDK
shows when it goes stale. A retired name ends in a `GenerationError` whose remedy names this one.
"""

DEFAULT_BASE_URL = "https://api.anthropic.com"
"""Where Claude is asked; another address only for a gateway of one's own."""

SUGGESTED_MODELS = (DEFAULT_MODEL, "claude-haiku-5-5", "claude-opus-5-5")
"""Models to offer in a list: the default, a quicker one, a more careful one. Any other Claude model works too."""

DEFAULT_MAX_TOKENS = 4096
"""Longest answer, in tokens: about 3,000 words, several times the longest form of verse offered here."""

API_VERSION = "2026-10-21"
"""The Messages API version that the workbench was written against; sent as ``anthropic-version``."""

CHARACTERS_A_TOKEN = 3
"""Divisor for estimates of tokens where the provider's count never came: low, so that an estimate is rather too high.

English runs at about 3.5 characters a token with the older tokenisers, and the tokeniser since Claude Sonnet 5 gives
more tokens for the same text.
"""


def is_claude(name: str) -> bool:
    """Tell whether `name` is that of a Claude model.

    Parameters
    ----------
    name : str
        As given to ``session.use(model=…)``.
    """
    return name.startswith("claude-")


def estimated_tokens(text: str) -> int:
    """Return about how many tokens `text` takes, rounded up; 0 for none.

    Parameters
    ----------
    text : str
        Any text.
    """
    return -(-len(text) // CHARACTERS_A_TOKEN)
