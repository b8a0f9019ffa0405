"""Secrets: keys and tokens by their issuers' shapes, and passwords by the words before them."""

import re

from workbench.privacy.rules import Rule, Span, rule, whole, word_set
from workbench.privacy.spans import CHECKED

# What follows "the password is" when no password does: words of a sentence, and states of a password.
_SENTENCE = word_set(
    "a an the not no my your our his her their its this that these those in on at to of for from by with as "
    "so too very and or but if when what how who only just still already always never"
)
_STATE = word_set(
    "required incorrect wrong right correct weak strong long short empty missing invalid valid expired hidden "
    "secret encrypted hashed stored saved sent set reset changed lost forgotten known unknown safe secure "
    "love"
)
_STATED = 2  # words: "is correct", "is correct now"; "correct horse battery staple" is a passphrase


def _told(match: "re.Match[str]") -> Span | None:
    """Refuse a sentence about passwords; take what is none."""
    value = match.group("value").rstrip(" .,;!?")
    words = value.lower().split()
    if not words or words[0] in _SENTENCE or (words[0].strip(".,!?") in _STATE and len(words) <= _STATED):
        return None
    return match.start("value"), match.start("value") + len(value)


def _assigned(match: "re.Match[str]") -> Span | None:
    """Take the value of a setting only if it looks like one: a digit, or capitals among small letters."""
    value = match.group("value")
    return whole(match) if re.search(r"[0-9]|[a-z][A-Z]", value) else None


def _mixed(match: "re.Match[str]") -> Span | None:
    """Take a word only if no word looks like it: letters with digits or signs among them."""
    value = match.group("value").rstrip(".!?)")
    if not re.search(r"[^\W\d_]", value) or not re.search(r"[0-9!@#$%^&*+=~|]", value):
        return None
    return match.start("value"), match.start("value") + len(value)


_WORDS = r"pass[ ]?word|passwd|pass[ ]?code|pwd|pw|kennwort|passwort|contraseña|mot[ ]de[ ]passe"

CREDENTIAL_RULES: tuple[Rule, ...] = (
    rule(
        "api-key",
        "SECRET",
        CHECKED,
        r"(?<![^\W_]) (?: sk-[A-Za-z0-9_-]{16,200}"  # Anthropic (sk-ant-), OpenAI
        r" | [sr]k_(?:live|test)_[A-Za-z0-9]{10,120}"  # Stripe
        r" | (?:AKIA|ASIA)[0-9A-Z]{16}"  # AWS
        r" | gh[pousr]_[A-Za-z0-9]{20,255} | github_pat_[A-Za-z0-9_]{20,255}"  # GitHub
        r" | glpat-[A-Za-z0-9_-]{16,64}"  # GitLab
        r" | xox[abeoprs]-[A-Za-z0-9-]{10,255}"  # Slack
        r" | AIza[A-Za-z0-9_-]{30,45}"  # Google
        r" | hf_[A-Za-z0-9]{20,64} | npm_[A-Za-z0-9]{30,64} | SG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}"
        r" ) (?![^\W_])",
    ),
    rule(
        "jwt",
        "SECRET",
        CHECKED,
        # Base64url of '{"', twice, and a signature that may be empty (RFC 7519).
        r"(?<![\w.-]) eyJ[A-Za-z0-9_-]{6,4096} \.[A-Za-z0-9_-]{6,8192} \.[A-Za-z0-9_-]{0,2048}",
    ),
    rule(
        "private-key",
        "SECRET",
        CHECKED,
        # RFC 7468; without an end line everything after the first is taken for the key.
        r"-----BEGIN[ ](?:[A-Z0-9]{1,12}[ ]){0,4}PRIVATE[ ]KEY(?:[ ]BLOCK)?-----"
        r"(?s:.*?)(?:-----END[ ][A-Z0-9 ]{1,60}-----|\Z)",
    ),
    rule(
        "bearer-token",
        "SECRET",
        0.97,
        r"\b(?:bearer|authorization:[ ]?basic|x-api-key:)[ ]{1,2}(?P<value>[A-Za-z0-9_\-.~+/=]{16,4096})",
        flags=re.IGNORECASE,
    ),
    rule(
        "password-in-url",
        "SECRET",
        0.97,
        r"://[^\s:/@]{1,64}:(?P<value>[^\s/@]{1,128})@",
    ),
    rule(
        "password-quoted",
        "SECRET",
        0.97,
        r"\b(?:" + _WORDS + r"|pass[ ]?phrase|pin|secret)\b[\"']?[ ]{0,2}(?:is|was|:=|=>|[:=])?[ ]{0,2}"
        r"(?P<quote>[\"'`“‘«]) (?P<value>[^\"'`”’»\n]{2,200}) [\"'`”’»]",
        flags=re.IGNORECASE,
    ),
    rule(
        "password",
        "SECRET",
        0.96,
        r"\b(?:"
        + _WORDS
        + r")\b[\"']?[ ]{0,2}(?:is[ ]|was[ ]|[:=]|:=|=>)[ ]{0,2} (?P<value>[^\s\"'`“”‘’«»][^\s\"'`]{2,127})",
        narrow=_told,
        flags=re.IGNORECASE,
    ),
    rule(
        "password-beside",
        "SECRET",
        0.9,
        r"\b(?:" + _WORDS + r")[ ] (?P<value>[^\s\"'`“”‘’,;]{6,128})",
        narrow=_mixed,
        flags=re.IGNORECASE,
    ),
    rule(
        "password-after-address",
        "SECRET",
        0.9,
        r"@[\w.-]{3,80}[ ]/[ ] (?P<value>[^\s\"'`“”‘’,;]{6,128})",
        narrow=_mixed,
    ),
    rule(
        "passphrase",
        "SECRET",
        0.96,
        r"\bpass[ ]?phrase\b[\"']?[ ]{0,2}(?:is[ ]|was[ ]|[:=])[ ]{0,2}"
        r" (?P<value>[^\s\"'`“”‘’«».,;][^\n.,;\"”]{2,127})",
        narrow=_told,
        flags=re.IGNORECASE,
    ),
    rule(
        "pin",
        "SECRET",
        0.9,
        r"\b(?:pin(?:[ ](?:code|number))?|cvv2?|cvc|security[ ]code|otp|one-time[ ]code)\b[ ]{0,2}(?:is|was"
        r"|[:=])?[ ]{0,2}"
        r"(?P<value>[0-9]{3,8}) (?![\w]|[.-][0-9])",
        flags=re.IGNORECASE,
    ),
    rule(
        "setting",
        "SECRET",
        0.9,
        r"\b(?:[A-Za-z0-9]{1,20}[_-]){0,3}(?:api[ _-]?key|secret(?:[ _-]?key)?|access[ _-]?key|(?:access|auth"
        r"|refresh)[ _-]?token|token)\b"
        r"[\"']?[ ]{0,2}(?:is[ ]|[:=])[ ]{0,2}[\"'`]? (?P<value>[A-Za-z0-9_\-./+=]{8,512})",
        narrow=_assigned,
        flags=re.IGNORECASE,
    ),
)
"""Keys, tokens, passwords, passphrases and PINs."""
