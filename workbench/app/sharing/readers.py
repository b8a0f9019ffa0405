"""Who reads a share: admitted, invited by a letter, and removed, whatever became of their keys."""

from workbench.app.account.notices import notify_if_possible
from workbench.app.opened import Opened
from workbench.crypto import Kind, Topic
from workbench.errors import WorkbenchError
from workbench.storage import Member, Vault, pack, unpack


def readers_of(opened: Opened, vault: Vault) -> list[Member]:
    """Return who holds the key of a vault of the account, beside its owner."""
    return [member for member in vault.keys.members() if member.account_id != opened.account.account_id]


def admit_reader(opened: Opened, vault: Vault, reader: Member) -> None:
    """Grant a share's key to a reader, and tell them; inside a transaction."""
    vault.keys.admit(reader)
    _invite(opened, vault, reader)


def remove_readers(opened: Opened, vault: Vault, gone: set[bytes]) -> None:
    """Take a share from readers, and tell them: its key is renewed, and what comes is under fresh data keys."""
    with opened.vaults.transaction():
        vault.keys.set_members([one for one in readers_of(opened, vault) if one.account_id not in gone])
        for reader in sorted(gone):
            notify_if_possible(opened, reader, "share_taken_back", share=vault.vault_id.hex())
            opened.audit.record("content_unshared", subject=vault.vault_id.hex(), reader=reader.hex())


def invite_again(opened: Opened) -> None:
    """Send every reader of every share a letter that the owner's present keys sign: older ones hold no more."""
    for vault in opened.vaults.of_kind(Kind.SHARED_TURN):
        for member in readers_of(opened, vault):
            _invite(opened, vault, member)


def is_open(opened: Opened, vault: Vault) -> bool:
    """Whether a share wasn't ended: one that was has no copies and no readers."""
    return vault.count() > 0 or bool(readers_of(opened, vault))


def invitation_of(body: bytes) -> tuple[bytes, bytes]:
    """Return the vault and the owner's fingerprint that a letter names; of any other letter, what fits nothing."""
    try:
        vault_id, fingerprint = unpack(body)
    except (WorkbenchError, ValueError):  # whatever others write into their letters
        return b"", b""
    return (vault_id, fingerprint) if isinstance(vault_id, bytes) and isinstance(fingerprint, bytes) else (b"", b"")


def _invite(opened: Opened, vault: Vault, reader: Member) -> None:
    fingerprint = opened.account.private_keys.key_pairs.public.fingerprint
    opened.access.post().send(reader.account_id, Topic.INVITATION, pack(vault.vault_id, fingerprint))
