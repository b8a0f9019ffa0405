"""What whoever enrols is given once, and never again."""

from dataclasses import dataclass, field

from workbench.identity.qr_code import QrCode, qr_code
from workbench.records import Confidential


@dataclass(frozen=True, slots=True)
class Enrolment(Confidential):
    """Recovery codes, shown once: of a new account, or in the place of those of before.

    Parameters
    ----------
    recovery_codes : tuple of str
        Ten; each opens the account once. Keep them on paper, apart from the machine.
    totp_uri : str, optional
        For an authenticator app; ``None`` as long as no second factor is enrolled.
    """

    recovery_codes: tuple[str, ...] = field(repr=False)
    totp_uri: str | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        """Tell how many codes there are."""
        return f"Enrolment(<{len(self.recovery_codes)} recovery codes>)"

    def qr_code(self) -> QrCode:
        """Return a drawing that carries the codes to a phone, a line each; a panel shows it, nothing keeps it."""
        return qr_code("\n".join(self.recovery_codes))
