"""What an account's owner does on “this wasn't me”: everybody else out, and every way in made anew, in one go."""

from workbench.app.account.noting import note_proof, noting
from workbench.app.opened import Opened
from workbench.identity import Accounts, Code, Enrolment, change_passphrase, renew_root_key


def secure(opened: Opened, accounts: Accounts, *, passphrase: str, new_passphrase: str, code: Code) -> Enrolment:
    """Prove who asks, end every other session, and renew passphrase, root key and codes. As `Session.this_was_not_me`.

    One transaction renews the passphrase and one the root key; killed in between, the account has the new passphrase
    and the root key of before, and is secured anew with the new passphrase.
    """
    event = "account_secured"
    with noting(opened, event):
        opened.account = accounts.prove(opened.account, passphrase=passphrase, code=code)
        note_proof(opened.audit, opened.account.proof, device=opened.access.device_id, is_sign_in=False)
        opened.access.revoke_others()
        opened.audit.record("session_revoked", scope="all")
        opened.account = change_passphrase(
            accounts,
            opened.account,
            current=passphrase,
            new=new_passphrase,
            note=lambda: opened.audit.record("authn_password_change"),
        )
        opened.account, enrolment = renew_root_key(
            accounts, opened.account, passphrase=new_passphrase, note=lambda: opened.audit.record(event)
        )
    return enrolment
