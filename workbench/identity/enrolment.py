"""What whoever enrols is given once, and never again."""

from dataclasses import dataclass, field

from workbench.identity.qr_code import QrCode, qr_code, terminal_qr_code
from workbench.identity.totp import otpauth_uri, shown_secret
from workbench.records import Confidential


@dataclass(frozen=True, slots=True)
class Enrolment(Confidential):
    """Recovery codes, shown once: of a new account, or in the place of those of before.

    Parameters
    ----------
    recovery_codes : tuple of str
        Ten; each opens the account once. Keep them on paper, apart from the machine.
    totp_uri : str, optional
        For an authenticator app; ``None``, since one is enrolled later: ``session.factors.enrol()``.
    """

    recovery_codes: tuple[str, ...] = field(repr=False)
    totp_uri: str | None = field(default=None, repr=False)

    def __repr__(self) -> str:
        """Tell how many codes there are."""
        return f"Enrolment(<{len(self.recovery_codes)} recovery codes>)"

    def qr_code(self) -> QrCode:
        """Return a drawing that carries the codes to a phone, a line each; a panel shows it, nothing keeps it."""
        return qr_code("\n".join(self.recovery_codes))


@dataclass(frozen=True, slots=True)
class TotpEnrolment(Confidential):
    """A fresh secret for an authenticator app; it counts once a code has shown that the app holds it.

    Parameters
    ----------
    key : bytes
        The secret, 20 random bytes.
    name : str
        The account's; the app shows it.
    """

    key: bytes = field(repr=False)
    name: str = field(repr=False)

    @property
    def secret(self) -> str:
        """As it is typed into an app: base 32, in groups of four."""
        return shown_secret(self.key)

    @property
    def uri(self) -> str:
        """``otpauth://…``, as an app reads it from the QR code."""
        return otpauth_uri(self.key, name=self.name)

    def qr_code(self) -> QrCode:
        """Return a drawing that carries the secret to a phone; a panel shows it, nothing keeps it."""
        return qr_code(self.uri)

    def terminal_qr_code(self) -> str:
        """Return the same for a terminal."""
        return terminal_qr_code(self.uri)
