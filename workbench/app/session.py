"""A session: one account while its keys are in this process."""

import operator
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from workbench.app import background
from workbench.app.account.factors import Factors
from workbench.app.account.mail import Mail
from workbench.app.account.notices import Notices
from workbench.app.account.sessions import Sessions
from workbench.app.break_glass.break_glass import BreakGlass
from workbench.app.compose import TurnStream
from workbench.app.history import History
from workbench.app.people.approvals import ApprovalsView
from workbench.app.people.people import People
from workbench.app.sharing.shares import Shares
from workbench.app.upkeep import Upkeep
from workbench.app.views import AuditView, UsageView
from workbench.errors import GenerationError, InputError
from workbench.generation import DEFAULT_BASE_URL, DEFAULT_MODEL, Claude, Model, OfflinePoet, is_claude
from workbench.privacy import minimise
from workbench.prosody import FORMS
from workbench.records import Preview, Prompt, Turn
from workbench.storage import Database, Device


class Session(Upkeep):
    """One person's way to compose, browse and count; made by ``Workbench.sign_in``.

    Parameters
    ----------
    database : Database
        The store.
    device : Device, optional
        What this machine keeps outside of the store.
    name : str, optional
        Whose session it is to be; asked for when it isn't said.
    now : callable
        The clock; UTC.
    app_for : frozenset of str
        Roles that need an authenticator app.
    """

    def __init__(
        self,
        database: Database,
        *,
        device: Device | None = None,
        name: str | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        app_for: frozenset[str] = frozenset(),
    ) -> None:
        super().__init__(database, device=device, name=name, now=now, app_for=app_for)
        self._model: Model = OfflinePoet()
        self.history = History(self)
        self.usage = UsageView(self)
        self.audit = AuditView(self)
        self.sessions = Sessions(self)
        self.people = People(self)
        self.approvals = ApprovalsView(self)
        self.notices = Notices(self)
        self.mail = Mail(self)
        self.shares = Shares(self)
        self.break_glass = BreakGlass(self)
        self.factors = Factors(self, self._accounts)

    def __repr__(self) -> str:
        """Tell the state only."""
        return f"Session({'locked' if self.is_locked else 'unlocked'}, {self._model.label})"

    @property
    def model(self) -> Model:
        """The model in use."""
        return self._model

    def use(
        self,
        *,
        model: str,
        api_key: str | Callable[[], str] | None = None,
        base_url: str | None = None,
        ca_bundle: Path | None = None,
    ) -> None:
        """Choose who answers from now on.

        Parameters
        ----------
        model : str
            ``"offline-poet"``, or a Claude model's id such as ``"claude-sonnet-5-5"``.
        api_key : str or callable, optional
            Asked for late and never kept in the store; default: the environment's ``ANTHROPIC_API_KEY``.
        base_url : str, optional
            Another https address that speaks the Messages API; the environment can't set it.
        ca_bundle : Path, optional
            Trust this authority alone, and show it.

        Raises
        ------
        InsecureTransportError
            When the address isn't https.
        GenerationError
            When the model is of no known kind.
        """
        if not isinstance(model, str):
            raise InputError("A model is named by text.")
        if model == OfflinePoet.name:
            chosen: Model = OfflinePoet()
        elif is_claude(model):
            chosen = Claude(model, api_key=api_key, base_url=base_url or DEFAULT_BASE_URL, ca_bundle=ca_bundle)
        else:
            raise GenerationError(
                "There is no model of that name.",
                remedy=f"Use {OfflinePoet.name!r}, or a Claude model such as {DEFAULT_MODEL!r}.",
            )
        self.use_model(chosen)

    def use_model(self, model: Model) -> None:
        """Let an object that keeps the `Model` protocol answer from now on: a model of your own, or a test's.

        Parameters
        ----------
        model : Model
            Anything with its attributes and methods.
        """
        self._model = model
        self.announce("model")

    def preview(self, text: str, *, form: str | None = None, seed: int | None = None) -> Preview:
        """Return exactly what would leave the machine, and why; nothing is sent or stored.

        Parameters
        ----------
        text : str
            The prompt.
        form : str, optional
            One of `workbench.prosody.FORMS`.
        seed : int, optional
            For the offline poet.

        Raises
        ------
        DetectionError
            When personal data couldn't be looked for.
        GenerationError
            When the prompt is empty, or there is no such form.
        """
        self.opened("prompt:create")
        prompt = _prompt(text, form=form, seed=seed)
        minimised, _ = minimise(prompt.text)
        return Preview(self._model.outgoing(minimised, form=prompt.form), prompt)

    def stream(
        self, text: str, *, form: str | None = None, seed: int | None = None, seen: Preview | None = None
    ) -> TurnStream:
        """Return the reply piece by piece: ``async for piece in session.stream("…")``.

        Cancelling keeps and marks the partial reply.

        Parameters
        ----------
        text : str
            The prompt.
        form : str, optional
            One of `workbench.prosody.FORMS`.
        seed : int, optional
            For the offline poet: the same seed gives the same poem.
        seen : Preview, optional
            What was looked at: anything else that would be sent by now (another model, other words) is refused.

        Raises
        ------
        DetectionError
            When personal data couldn't be looked for, or what would be sent isn't what was seen; nothing was sent.
        """
        opened = self.opened("prompt:create")
        return TurnStream(
            _prompt(text, form=form, seed=seed),
            model=self._model,
            seen=seen,
            vaults=opened.vaults,
            audit=opened.audit,
            now=self._now,
            require=lambda: self.opened("prompt:create"),
            running=opened.running,
            on_kept=lambda: self.announce("history"),
        )

    def ask(self, text: str, *, form: str | None = None, seed: int | None = None, seen: Preview | None = None) -> Turn:
        """Return the whole turn: minimise → model → restore → seal → store. Parameters as `stream`.

        Raises
        ------
        DetectionError
            When personal data couldn't be looked for, or what would be sent isn't what was seen; nothing was sent.
        GenerationError, InsecureTransportError
            When no whole answer came; what had come is in the history.
        """
        stream = self.stream(text, form=form, seed=seed, seen=seen)
        return background.run(_drain(stream))


def _prompt(text: str, *, form: str | None, seed: int | None) -> Prompt:
    """Return the prompt, or refuse what can't be asked or sealed, before anything is sent."""
    if not isinstance(text, str) or not text.strip():
        raise GenerationError("The prompt is empty, or no text.", remedy="Write what you would like to read.")
    if form is not None and (not isinstance(form, str) or form not in FORMS):
        raise GenerationError("There is no form of that name.", remedy=f"Choose from: {', '.join(FORMS)}.")
    if seed is not None:
        try:
            seed = operator.index(seed)  # numpy's integers too
        except TypeError:
            raise InputError("The seed isn't a whole number.") from None
        if abs(seed) >= 2**63:
            raise InputError("The seed is too large.", remedy="Use a whole number below 2 to the power of 63.")
    return Prompt(text, form, seed)


async def _drain(stream: TurnStream) -> Turn:
    async for _ in stream:
        pass
    return stream.turn
