"""No repr, str or format of a record shows content, a person or a key (style.md, rule 20)."""

import dataclasses
import typing
from datetime import UTC, datetime

import pytest

from workbench import crypto, errors, identity, records, storage
from workbench.app.account import notices
from workbench.app.people import people

CANARY = "canary-9f2c"
SECRET = b"canary-secret-canary-secret-0000"
MOMENT = datetime(2026, 11, 23, tzinfo=UTC)
ROOMS = (records, crypto, storage, identity, people, notices)


CONTENT = {
    "Prompt": lambda: records.Prompt(CANARY, "haiku", 7),
    "Minimised": lambda: records.Minimised(CANARY),
    "Pseudonyms": lambda: records.Pseudonyms({"PERSON_1": CANARY}),
    "Outgoing": lambda: records.Outgoing("here", "m", "system", records.Minimised(CANARY)),
    "Preview": lambda: records.Preview(CONTENT["Outgoing"](), CONTENT["Prompt"]()),
    "Completion": lambda: records.Completion(CANARY, "m", "l"),
    "Turn": lambda: records.Turn(
        records.TurnId("0" * 32),
        datetime(2026, 11, 23, tzinfo=UTC),
        CONTENT["Prompt"](),
        records.Minimised(CANARY),
        CANARY,
        "complete",
        records.Usage(),
        {"model": "m", "label": "l"},
        CONTENT["Pseudonyms"](),
    ),
    "Envelope": lambda: records.Envelope(SECRET),
    "DataKey": lambda: crypto.DataKey(crypto.KeyId(bytes(16)), SECRET),
    "Slot": lambda: crypto.Slot(bytes(16), SECRET),
    "DeviceSecret": lambda: crypto.DeviceSecret(bytes(16), SECRET),
    "Opened": lambda: crypto.Opened(SECRET, SECRET),
    "Sealed": lambda: crypto.Sealed(records.Envelope(SECRET), bytes(32)),
    "KeyPairs": lambda: crypto.KeyPairs(SECRET * 4),
    "PublicKeys": lambda: crypto.PublicKeys(SECRET * 39),
    "Grant": lambda: crypto.Grant(bytes(16), crypto.Kind.TURN, 1, crypto.Right.READ, SECRET),
    "Letter": lambda: crypto.Letter(bytes(16), bytes(16), bytes(16), crypto.Topic.NOTICE, 0, SECRET),
    "Enrolment": lambda: identity.Enrolment((CANARY,), CANARY),
    "Totp": lambda: identity.Totp(SECRET, 1, 2),
    "TotpEnrolment": lambda: identity.TotpEnrolment(SECRET, CANARY),
    "PrivateKeys": lambda: identity.PrivateKeys(CONTENT["KeyPairs"](), SECRET),
    "Profile": lambda: identity.Profile(CANARY, ("owner",), frozenset({SECRET})),
    "Account": lambda: identity.Account(
        bytes(16), CONTENT["Profile"](), SECRET, CONTENT["PrivateKeys"](), crypto.KeyRing(), None
    ),
    "SessionInfo": lambda: identity.SessionInfo("0" * 32, CANARY, "0" * 16, MOMENT, MOMENT),
    "Request": lambda: identity.Request(bytes(16), "role:grant", bytes(16), (), 0, SECRET),
    "Person": lambda: people.Person("0" * 32, CANARY, ("student",), True, CANARY),  # noqa: FBT003 - a member
    "Notice": lambda: notices.Notice("0" * 32, MOMENT, "authz_role_changed", "0" * 32, {CANARY: CANARY}),
    "AccountRow": lambda: storage.AccountRow(bytes(16), SECRET, SECRET, (CONTENT["Slot"](),)),
    "CachedBody": lambda: storage.CachedBody(1, 2, 2, SECRET),
    "Lent": lambda: storage.Lent(storage.Granted(bytes(16), bytes(16), 1), crypto.Kind.TURN, 1, SECRET, 0),
    "Document": lambda: storage.Document(1, SECRET, 0.0, "m", "haiku", CANARY, CANARY),
}
PLAIN = {
    "Hit",
    "Granted",
    "Standing",
    "Entity",
    "Usage",
    "UsageEvent",
    "AuditEntry",
    "Argon2Parameters",
    "Checkpoint",
    "Damaged",
    "Member",
    "Frontier",
    "Verified",
    "Strength",
    "Proof",
    "GuessBudget",
    "FactorStatus",
    "Tally",
    "Backup",
    "Restored",
    "ListedBackup",
}  # closed words, numbers


@pytest.mark.parametrize("name", CONTENT)
def test_a_record_that_holds_content_does_not_show_it(name):
    record = CONTENT[name]()
    shown = [repr(record), repr([record]), f"{record!r}", f"{record!a}"]
    if name != "Minimised":  # which is the text that may leave, and prints as such
        shown += [str(record), f"{record}"]
    for text in shown:
        assert CANARY not in text
        assert SECRET.decode() not in text
        assert SECRET.hex() not in text


def test_every_record_is_in_one_of_the_two_lists():
    found = {
        name
        for room in ROOMS
        for name, thing in vars(room).items()
        if isinstance(thing, type) and (dataclasses.is_dataclass(thing) or thing is records.Minimised)
    }
    assert found == set(CONTENT) | PLAIN


@pytest.mark.parametrize("name", sorted(set(CONTENT) - {"Minimised"} | {"Entity", "Usage", "UsageEvent", "AuditEntry"}))
def test_records_are_frozen_and_slotted(name):
    kind = next(getattr(room, name) for room in ROOMS if hasattr(room, name))
    assert kind.__dataclass_params__.frozen
    assert "__dict__" not in dir(kind)


def test_what_is_made_of_minimised_text_is_plain_text_again():
    minimised = records.Minimised("a haiku for PERSON_1")
    made = [minimised + "!", minimised[:5], f"{minimised}", minimised.upper(), str(minimised), minimised.text]
    assert {type(text) for text in made} == {str}


def test_every_error_has_a_remedy_and_ends_in_error():
    for name, kind in vars(errors).items():
        if isinstance(kind, type):
            assert issubclass(kind, errors.WorkbenchError)
            assert name.endswith("Error")
            made = kind("It failed.", retry_after=1.0) if name == "ThrottledError" else kind("It failed.")
            assert made.remedy.endswith(".")
            assert made.remedy in str(made)


def test_the_contract_names_every_error():
    promised = {
        "AuthenticationError", "ThrottledError", "LockedError", "PermissionDeniedError", "StepUpRequiredError",
        "NotFoundError", "IntegrityError", "DetectionError", "InsecureTransportError", "GenerationError",
        "BudgetExceededError", "RetentionError", "ExportError", "StoreVersionError",
    }  # fmt: skip
    assert promised <= set(vars(errors))


def test_every_kind_of_the_contract_is_a_kind_of_entity():
    promised = (
        "PERSON LOCATION ORGANISATION ADDRESS EMAIL PHONE CREDIT_CARD IBAN SSN ID DATE_OF_BIRTH URL IP MAC USERNAME"
    )
    assert set(typing.get_args(records.EntityKind)) == {*promised.split(), "SECRET", "COORDINATES", "PLATE"}
