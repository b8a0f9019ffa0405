"""“This wasn't me”: everybody else out, and every way in made anew, in one go."""

from typing import TYPE_CHECKING

from workbench.identity import Enrolment

if TYPE_CHECKING:
    from workbench.app.session import Session


def secure(session: "Session", *, passphrase: str, new_passphrase: str, code: str | None) -> Enrolment:
    """End every other session, and put a new passphrase, a new root key and ten new recovery codes in force.

    In this order: whoever is in goes first, and a failure on the way leaves nothing open that was closed. The second
    factor stays; enrol another app if its phone is the one that was lost.

    Parameters
    ----------
    session : Session
        The one that goes on.
    passphrase, code : str
        The proof that it takes.
    new_passphrase : str
        In the place of the one that somebody may know.

    Raises
    ------
    AuthenticationError
        When the proof is wrong; the other sessions have ended all the same.
    WeakPassphraseError
        When the new passphrase doesn't hold; likewise.
    """
    session.sessions.revoke_others()
    session.change_passphrase(current=passphrase, new=new_passphrase, code=code)
    enrolment = session.rotate("root", passphrase=new_passphrase, step_up=False)
    session.opened("account:self").audit.record("account_secured")
    return enrolment
