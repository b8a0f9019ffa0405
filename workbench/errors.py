"""Every exception that leaves the workbench.

Each carries a ``remedy``: one sentence that says what to do next. No message ever quotes what a person typed, a name
or a key; causes that must not be told apart from outside (a wrong name, a wrong passphrase) share one class.
"""


class WorkbenchError(Exception):
    """Base of everything that the workbench raises; catch this one to catch them all.

    Parameters
    ----------
    message : str
        What happened, in a sentence, without content.
    remedy : str, optional
        What to do next, in a sentence; each class brings its own default.
    """

    default_remedy = "Read the message; if it doesn't help, report it as SECURITY.md or CONTRIBUTING.md says."

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.remedy = remedy or self.default_remedy

    def __str__(self) -> str:
        """Return the message and its remedy, as a traceback shows them."""
        return f"{super().__str__()} {self.remedy}"


class InputError(WorkbenchError, ValueError):
    """An argument can't be used as it was given; nothing was done."""

    default_remedy = "Look at the method's help, then call it again."


class AuthenticationError(WorkbenchError):
    """The name, passphrase or code is wrong; which of them is not said (NIST SP 800-63B-4, ASVS 6.3.8).

    Parameters
    ----------
    message : str
        What happened.
    needs_code : bool
        The passphrase was right, the account has a second factor, and no code was given: ask for one, then try again.
        So whoever tries passphrases learns of a right one without a code. To hide that, everybody would be asked for a
        code, with or without a second factor; the wrong codes that follow are counted and told to the owner instead.
    """

    default_remedy = "Check the name and the passphrase; a recovery code also opens the account."

    def __init__(self, message: str, *, remedy: str | None = None, needs_code: bool = False) -> None:
        super().__init__(message, remedy=remedy)
        self.needs_code = needs_code


class WeakPassphraseError(WorkbenchError):
    """The passphrase is too short, too long or too easily guessed; the message says why."""

    default_remedy = "Choose a longer one: six random words are strong and can be remembered."


class AccountExistsError(WorkbenchError):
    """The store already holds an account of that name."""

    default_remedy = "Sign in to it, or choose another name."


class ThrottledError(WorkbenchError):
    """Too many attempts.

    Parameters
    ----------
    message : str
        What happened.
    retry_after : float
        Seconds to wait before the next attempt can succeed.
    """

    default_remedy = "Wait, then try again."

    def __init__(self, message: str, *, retry_after: float, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.retry_after = retry_after


class LockedError(WorkbenchError):
    """The session is locked: it holds no keys."""

    default_remedy = "Sign in again."


class PermissionDeniedError(WorkbenchError):
    """No role of this account allows the action."""

    default_remedy = "Ask whoever gave you the account for a role that allows it."


class HubError(WorkbenchError):
    """The JupyterHub that started this server can't say who is signed in; nobody is taken for anyone."""

    default_remedy = "Stop and start your server on the Hub's home page; if that doesn't help, ask who runs the Hub."


class StepUpRequiredError(WorkbenchError):
    """The action needs a fresh proof of who you are."""

    default_remedy = "Enter your passphrase again for this one action."


class NotFoundError(WorkbenchError):
    """There is no such record, or it is another's: the two are not told apart (ASVS 8.2.2)."""

    default_remedy = "Look it up with history.search() or history.frame()."


class IntegrityError(WorkbenchError):
    """A record was altered, moved or put back: its authentication tag doesn't hold."""

    default_remedy = "Don't trust the store's file; restore it from a backup, and find out who could write to it."


class DetectionError(WorkbenchError):
    """Personal data could not be looked for, or other than minimised text was to be sent; nothing was sent."""

    default_remedy = "Nothing left the machine. Check the installation with 'make check test', then try again."


class InsecureTransportError(WorkbenchError):
    """The connection can't be trusted; nothing of the prompt was sent."""

    default_remedy = "Check the address, the clock and the certificates; there is no switch to go on regardless."


class GenerationError(WorkbenchError):
    """The model gave no complete answer.

    Parameters
    ----------
    message : str
        What happened.
    retryable : bool
        Whether the same request may succeed later.
    """

    default_remedy = "Try again; what had arrived is in your history."

    def __init__(self, message: str, *, retryable: bool = False, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy)
        self.retryable = retryable


class BudgetExceededError(WorkbenchError):
    """The action would spend more than its budget."""

    default_remedy = "Raise the budget, or ask for less."


class RetentionError(WorkbenchError):
    """The retention schedule or a hold forbids the action."""

    default_remedy = "Look at the schedule and the holds in the inventory."


class ExportError(WorkbenchError):
    """The export could not be written or read whole."""

    default_remedy = "Check the place and the free space, then export again."


class StoreError(WorkbenchError):
    """The store can't be opened or written; nothing half-written remains."""

    default_remedy = "Check that the folder exists, is yours and has free space."


class StoreVersionError(StoreError):
    """The store was written by a newer workbench, or isn't a store."""

    default_remedy = "Update the workbench: pip install --upgrade workbench."
