"""Addresses on the network: e-mail, URLs, IP and MAC addresses, handles."""

import ipaddress
import re

from workbench.privacy.rules import Rule, Span, rule, unless_labelled, whole, word_set

_TOP_LEVEL = (
    "com|org|net|edu|gov|mil|int|info|biz|io|ai|app|dev|me|co|uk|us|ca|au|nz|ie|de|fr|es|it|nl|be|ch|at|pl|pt|se|no|dk"
    "|fi|cz|gr|in|jp|cn|br|mx|za|eu|ru|tr|name|online|site|xyz|blog|shop|art|page|club|tv"
)
_WEBMAIL = "gmail|googlemail|yahoo|hotmail|outlook|icloud|proton|protonmail|aol|gmx|live|msn|fastmail|tutanota|web|zoho"

# Names after "@" that programs use: decorators, style rules, documentation tags.
_NOT_A_HANDLE = word_set(
    "property staticmethod classmethod dataclass dataclasses override overload abstractmethod pytest "
    "functools media import param params return returns throws author deprecated keyframes charset font-face "
    "include supports test before after app component injectable input output autowired bean entity id table "
    "column everyone here channel all"
)


def _address(match: "re.Match[str]") -> Span | None:
    """Let the standard library judge IPv6; a pair of colons in a program ("a::b") has no digit."""
    value = match.group()
    try:
        ipaddress.IPv6Address(value.partition("/")[0].partition("%")[0])
    except ValueError:
        return None
    return match.span() if re.search("[0-9]", value) else None


def _link(match: "re.Match[str]") -> Span | None:
    """Leave the full stop, comma or bracket after a link to the sentence."""
    start, end = match.span()
    value = match.group().rstrip(".,;:!?'\"*_~…’”»")
    while value.endswith((")", "]")) and value.count(value[-1]) > value.count("(" if value[-1] == ")" else "["):
        value = value[:-1].rstrip(".,;:!?'\"*_")
    return start, min(end, start + len(value))


def is_handle(value: str) -> bool:
    """Tell whether an @ and a name can be somebody's, not a program's decorator or documentation tag."""
    name = value[1:]
    return name.lower().partition(".")[0] not in _NOT_A_HANDLE and not name.isdigit()


def _handle(match: "re.Match[str]") -> Span | None:
    return match.span() if is_handle(match.group()) else None


NETWORK_RULES: tuple[Rule, ...] = (
    rule(
        "email",
        "EMAIL",
        0.97,
        # At most 128 characters before the @ (RFC 5321 allows 64) and labels of at most 63 (RFC 1035).
        r"(?<![^\W_]) [\w][\w.+%'’=&~\#$!-]{0,127} @ (?:[^\W_][\w-]{0,62}\.){1,8} (?:[^\W\d_]{2,24}"
        r"|xn--[a-z0-9-]{2,40}) (?![^\W_])",
    ),
    rule(
        "email-spelled-out",
        "EMAIL",
        0.85,
        r"(?<![\w]) [\w][\w.+-]{0,63} [ ]?(?:[ ]at[ ]|\(at\)|\[at\]|\{at\}|<at>)[ ]?"
        r"[a-z0-9][\w-]{0,62} (?:[ ]?(?:[ ]dot[ ]|\(dot\)|\[dot\]|\{dot\}|<dot>)[ ]?[a-z0-9][\w-]{0,30}){0,3}"
        r"[ ]?(?:[ ]dot[ ]|\(dot\)|\[dot\]|\{dot\}|<dot>)[ ]?(?:" + _TOP_LEVEL + r") (?![\w])",
        flags=re.IGNORECASE,
    ),
    rule(
        "email-spelled-out",
        "EMAIL",
        0.85,
        r"(?<![\w]) [\w][\w.+-]{0,63} [ ]?(?:[ ]at[ ]|\(at\)|\[at\]|\{at\}|<at>)[ ]?"
        r"(?: (?:" + _WEBMAIL + r")\. (?:" + _TOP_LEVEL + r")"
        r" | (?<=[)\]}>]) [a-z0-9][\w-]{0,62}\. (?:[a-z0-9-]{1,30}\.)? (?:" + _TOP_LEVEL + r")"
        r" | (?<=[)\]}>][ ]) [a-z0-9][\w-]{0,62}\. (?:[a-z0-9-]{1,30}\.)? (?:" + _TOP_LEVEL + r")) (?![\w])",
        flags=re.IGNORECASE,
    ),
    rule(
        "url",
        "URL",
        0.95,
        r"(?<![^\W_]) (?:https?|ftp|sftp|ssh|file)://[^\s<>\"`{}|\\^]{2,4096} |"
        r" (?<![\w.@-]) www\.[^\s<>\"`{}|\\^]{3,4096}",
        narrow=_link,
        flags=re.IGNORECASE,
    ),
    rule(
        "domain",
        "URL",
        0.7,
        # Lower case only: "ASP.NET" and a sentence that lacks the space after its full stop are no domains.
        r"(?<![\w@.:/-]) (?:[a-z0-9][a-z0-9-]{0,62}\.){1,5} (?:" + _TOP_LEVEL + r") (?![\w@-]|\.[\w])"
        r"(?:(?::[0-9]{2,5})?/[^\s<>\"`{}|\\^]{0,2048})?",
        narrow=_link,
    ),
    rule(
        "ipv4",
        "IP",
        0.95,
        r"(?<![\w.\-]) (?:(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])\.){3} (?:25[0-5]|2[0-4][0-9]|1[0-9]{2}"
        r"|[1-9]?[0-9])"
        r"(?:/[0-9]{1,2})? (?![\w\-]|\.[\w])",
        narrow=unless_labelled,
    ),
    rule(
        "ipv6",
        "IP",
        0.95,
        r"(?<![\w:.]) [0-9A-Fa-f]{0,4} (?::[0-9A-Fa-f]{0,4}){2,7} (?:(?<=:)[0-9]{0,3}(?:\.[0-9]{1,3}){3})?"
        r" (?:%[\w]{1,15})?"
        r"(?:/[0-9]{1,3})? (?![\w:])",
        narrow=_address,
    ),
    rule(
        "mac",
        "MAC",
        0.95,
        r"(?<![\w:.\-]) [0-9A-Fa-f]{2} (?:(?P<gap>[:-])[0-9A-Fa-f]{2}) (?:(?P=gap)[0-9A-Fa-f]{2}){4} (?![\w:\-])"
        r" | (?<![\w:.\-]) [0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4} (?![\w:.\-])",
    ),
    rule(
        "handle",
        "USERNAME",
        0.8,
        r"(?<![\w@./&]) @[A-Za-z0-9_] (?:[\w.]{0,30}[\w]) (?![\w@])",
        narrow=_handle,
    ),
    rule(
        "user-name-context",
        "USERNAME",
        0.75,
        r"\b(?:user[ ]?name|user[ ]id|login|handle|screen[ ]name)\b[ ]{0,2}(?:is[ ]|[:=])[ ]{0,2}[\"'`]?"
        r"(?P<value>[\w][\w.@+-]{1,62}[\w]) (?![\w])",
        narrow=lambda match: whole(match) if re.search(r"[0-9_.@]|:|=", match.group()) else None,
        flags=re.IGNORECASE,
    ),
)
"""E-mail addresses as written and as spelled out, links, IP and MAC addresses, and names after an @."""
