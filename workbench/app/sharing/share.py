"""One share, as its owner or a reader sees it."""

from collections.abc import Callable
from dataclasses import dataclass, field

from workbench.records import Confidential, Turn
from workbench.storage import Damaged, Vault, decode


@dataclass(frozen=True, slots=True)
class Share(Confidential):
    """One share, as its owner or a reader sees it; its turns are opened when they are asked for.

    Parameters
    ----------
    share_id : str
        32 hexadecimal digits.
    owner : str
        Whose turns they are: an account id, 32 hexadecimal digits.
    fingerprint : str
        Of the owner's public keys, 64 hexadecimal digits: compare it by another channel.
    readers : tuple of str
        Account ids; empty for a reader, who isn't told of the others.
    """

    share_id: str
    owner: str
    fingerprint: str = field(repr=False)
    readers: tuple[str, ...]
    _open: Callable[[], list[Turn | Damaged]] = field(repr=False, compare=False)

    def turns(self) -> list[Turn]:
        """Return the turns, oldest first, opened in memory; those that were altered are left out, see `damaged`.

        Raises
        ------
        NotFoundError
            When the share was ended, or this account reads it no longer.
        IntegrityError
            When its log was rolled back, forked, cut off or edited.
        """
        return [item for item in self._open() if isinstance(item, Turn)]

    def damaged(self) -> int:
        """Return how many turns don't open: altered, or moved."""
        return sum(isinstance(item, Damaged) for item in self._open())


def opened_turns(vault: Vault) -> list[Turn | Damaged]:
    """Return the turns of a share's vault, oldest first, and what stands for those that don't open."""
    found = [item if isinstance(item, Damaged) else decode(item[1], Turn) for item in vault.scan()]
    return found[::-1]
