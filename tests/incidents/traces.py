"""Audit logs as people and thieves leave them, invented from a seed, with the rules that ought to speak."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from workbench.records import AuditEntry

MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
MINUTE, HOUR, DAY = 60, 3_600, 86_400


def entry(time, event, outcome="success", **facts):
    """Return an entry; the time as a datetime, or as seconds after Monday."""
    if not isinstance(time, datetime):
        time = MONDAY + timedelta(seconds=time)
    return AuditEntry(time.isoformat(timespec="milliseconds").replace("+00:00", "Z"), event, outcome, "", facts)


def failed(time, reason="passphrase"):
    return entry(time, "authn_login_fail", "failure", reason=reason)


def signed_in(time, device="aa"):
    return entry(time, "authn_login_success", device=device)


@dataclass(frozen=True)
class Week:
    """A week of one account's log, after what came before.

    Parameters
    ----------
    kind : str
        Which story.
    before, entries : list of AuditEntry
        The account's earlier log, and the week's.
    expected : frozenset of str
        The rules that ought to speak of the week, as a person would say who knows the story.
    """

    kind: str
    before: list
    entries: list
    expected: frozenset


def _number(seed):
    return random.Random(seed)  # noqa: S311 - a story, not a secret


def earlier(chance):
    """Return the account's first day, and its days on two devices since."""
    first = -40 * DAY
    return [
        entry(first, "authn_factor_added"),
        signed_in(first + 5, "laptop"),
        signed_in(first + 3 * DAY, "tower"),
        *(signed_in(-day * DAY, chance.choice(["laptop", "tower"])) for day in (20, 12, 6, 3)),
    ]


def normal_week(chance):
    """Return sign-ins, work, slips of the fingers, refused actions, and times that are a second off."""
    found = []
    for day in range(7):
        time = day * DAY + chance.uniform(7, 10) * HOUR
        for _ in range(chance.choice((0, 1, 1, 2, 3)) if day > 4 else chance.choice((1, 2, 3, 4))):
            for _ in range(chance.choices((0, 1, 2), (88, 10, 2))[0]):
                found.append(failed(time))
                time += chance.uniform(4, 30)
            if chance.random() < 0.04:
                found.append(failed(time, "code"))
                time += chance.uniform(5, 40)
            found += [signed_in(time, chance.choice(["laptop", "laptop", "tower"])), entry(time, "session_created")]
            for _ in range(chance.randrange(30)):
                time += chance.expovariate(1 / 90)
                event = chance.choices(
                    ("sensitive_read", "llm_exchange", "sensitive_delete", "authz_fail", "export"), (50, 40, 4, 4, 2)
                )[0]
                outcome = "failure" if event == "authz_fail" else "success"
                found.append(entry(time - chance.uniform(0, 1.5), event, outcome))
            time += chance.uniform(1, 40) * MINUTE
            found.append(entry(time, chance.choice(["session_locked", "session_timeout"])))
            time += chance.uniform(0.2, 3) * HOUR
    return found


def _with(chance, expected, *added):
    entries = sorted([*normal_week(chance), *added], key=lambda one: one.time)
    return earlier(chance), entries, frozenset(expected)


def _times(chance, count, step):
    """Return `count` times from somewhere in the night on, about `step` seconds apart, and the next."""
    time = chance.randrange(7) * DAY + 1 * HOUR
    times = []
    for _ in range(count + 1):
        times.append(time)
        time += chance.uniform(0.7, 1.3) * step
    return times[:-1], times[-1]


def nothing(chance):
    return _with(chance, ())


def forgetful(chance):
    """Let its owner mistype three or four times, then get in: nobody to warn, but a rule can't know."""
    times, then = _times(chance, chance.choice((3, 4)), 20)
    return _with(chance, (), *map(failed, times), signed_in(then, "laptop"))


def late_codes(chance):
    """Let its owner type two codes that have just run out."""
    times, then = _times(chance, 2, 35)
    return _with(chance, (), *(failed(time, "code") for time in times), signed_in(then, "laptop"))


def stubborn_notebook(chance):
    """Let a loop of its owner's ask a dozen times for what its role may not."""
    times, _ = _times(chance, 12, 1)
    return _with(chance, (), *(entry(time, "authz_fail", "failure", permission="backup:create") for time in times))


def guessing(chance):
    times, _ = _times(chance, chance.randrange(8, 30), 45)
    return _with(chance, {"S01"}, *map(failed, times))


def patient_guessing(chance):
    """Guess every five minutes: slower than the rule looks."""
    times, _ = _times(chance, 30, 300)
    return _with(chance, {"S01"}, *map(failed, times))


def known_passphrase(chance):
    times, _ = _times(chance, chance.randrange(2, 5), 60)
    return _with(chance, {"S02"}, *(failed(time, "code") for time in times))


def known_passphrase_one_try(chance):
    """Try one wrong code, once, which is what an owner's slip looks like."""
    times, _ = _times(chance, 1, 60)
    return _with(chance, {"S02"}, *(failed(time, "code") for time in times))


def guessed(chance):
    times, then = _times(chance, chance.choice((3, 4)), 200)
    return _with(chance, {"S03", "S04"}, *map(failed, times), signed_in(then, "thief"))


def guessed_over_days(chance):
    """Guess once a night; the owner's own sign-ins between hide it."""
    nights = [failed(night * DAY + 2 * HOUR) for night in range(5)]
    return _with(chance, {"S03", "S04"}, *nights, signed_in(5 * DAY + 2 * HOUR, "thief"))


def stolen_passphrase(chance):
    times, _ = _times(chance, 1, 60)
    return _with(chance, {"S04"}, signed_in(times[0], "thief"))


def own_new_device(chance):
    times, _ = _times(chance, 1, 60)
    return _with(chance, {"S04"}, signed_in(times[0], "telephone"))


def probing(chance):
    times, _ = _times(chance, chance.randrange(12, 60), 8)
    return _with(chance, {"S09"}, *(entry(time, "authz_fail", "failure", permission="x") for time in times))


def patient_probing(chance):
    """Try a refused action every two minutes."""
    times, _ = _times(chance, 40, 120)
    return _with(chance, {"S09"}, *(entry(time, "authz_fail", "failure", permission="x") for time in times))


def changed(chance):
    events = ("authz_role_changed", "authn_factor_removed", "detector_disabled", "integrity_failed")
    times, _ = _times(chance, 1, 60)
    return _with(chance, {"S10"}, entry(times[0], chance.choice(events)))


def clock_back(chance):
    """Set the clock back by ten minutes to two days, from some entry on."""
    week, back = normal_week(chance), timedelta(seconds=chance.uniform(10 * MINUTE, 2 * DAY))
    cut = chance.randrange(len(week) // 3, len(week) - 5)
    moved = [replace(one, time=entry(datetime.fromisoformat(one.time) - back, "").time) for one in week[cut:]]
    return earlier(chance), week[:cut] + moved, frozenset({"S10"})


def back_after_months(chance):
    before = [signed_in(-chance.randrange(92, 300) * DAY, "laptop")]
    return before, [signed_in(DAY, "laptop"), entry(DAY + HOUR, "session_locked")], frozenset({"S11"})


STORIES: dict[Callable, int] = {
    nothing: 300,
    forgetful: 6,
    late_codes: 4,
    stubborn_notebook: 4,
    **dict.fromkeys((guessing, known_passphrase, guessed, stolen_passphrase, own_new_device, probing), 25),
    **dict.fromkeys((changed, clock_back, back_after_months), 25),
    **dict.fromkeys((patient_guessing, known_passphrase_one_try, guessed_over_days, patient_probing), 10),
}
"""How many weeks of each story."""


def labelled_weeks(seed):
    """Return every week of the set; the same for the same seed."""
    chance = _number(seed)
    return [Week(story.__name__, *story(chance)) for story, count in STORIES.items() for _ in range(count)]


def quiet_week(seed):
    """Return an ordinary week and what came before it."""
    chance = _number(seed)
    return Week("quiet", earlier(chance), normal_week(chance), frozenset())
