import pytest

from workbench.errors import GenerationError
from workbench.generation import OfflinePoet
from workbench.records import Outgoing
from workbench.widgets import PromptPanel

PROMPT = "A haiku for Mary Fielding, mary@example.org"


class ModelElsewhere:
    """Gives text away to another machine, or would."""

    name, label = "elsewhere", "elsewhere, not Claude"

    def __init__(self, scripted):
        self._scripted = scripted

    def outgoing(self, prompt, *, form=None):
        return Outgoing("api.example.org", self.name, "", prompt)

    def stream(self, prompt, **settings):
        return self._scripted.stream(prompt, **settings)


def test_the_preview_shows_what_would_be_sent_and_nothing_of_what_is_replaced(prompt_view):
    preview = prompt_view.prompt(PROMPT, form="haiku")
    assert "".join(part["text"] for part in preview["parts"]) == "A haiku for PERSON_1, EMAIL_1"
    assert preview["local"] is True
    assert preview["system"] == "form: haiku"
    assert "Mary" not in str(preview)


def test_an_empty_prompt_has_no_preview(prompt_view):
    assert prompt_view.prompt("  ") is None


def test_a_fault_of_the_detectors_is_shown_and_there_is_no_preview(prompt_view, session, monkeypatch):
    def broken(text, *, form=None):
        raise ValueError(text)

    monkeypatch.setattr(session, "preview", broken)
    assert prompt_view.prompt(PROMPT) is None
    error = prompt_view.wait_for("error", about="edit")
    assert "ValueError" in error["message"]
    assert "Mary" not in str(error)


def test_the_reply_comes_in_numbered_pieces_with_the_names_put_back_and_is_kept(prompt_view, model, session):
    prompt_view.prompt(PROMPT)
    model.enqueue("for PERS", "ON_1\n", "first frost")
    prompt_view.ask("ask", text=PROMPT, form=None)
    ended = prompt_view.wait_for("ended", outcome="complete")
    pieces = prompt_view.events("piece")
    assert "".join(piece["text"] for piece in pieces) == "for Mary Fielding\nfirst frost"
    assert [piece["from"] for piece in pieces] == list(range(ended["next"]))
    assert [piece["next"] for piece in pieces] == [piece["from"] + 1 for piece in pieces]
    assert ended["label"] == "scripted, not Claude"
    assert session.history.get(ended["id"]).text == "for Mary Fielding\nfirst frost"
    assert model.received == ["A haiku for PERSON_1, EMAIL_1"]


def test_a_view_that_missed_pieces_gets_them_again(prompt_view, model):
    prompt_view.prompt(PROMPT)
    model.enqueue("one ", "two ", "three")
    prompt_view.ask("ask", text=PROMPT, form=None)
    ended = prompt_view.wait_for("ended")
    prompt_view.received.clear()
    prompt_view.ask("resend", reply=ended["reply"], number=1)
    (again,) = prompt_view.events("piece")
    assert (again["from"], again["next"]) == (1, ended["next"])
    assert "one two three".endswith(again["text"])
    prompt_view.ask("resend", reply=ended["reply"] + 1, number=0)
    assert prompt_view.events("piece") == [again]


def test_stop_keeps_what_had_come_and_says_so(prompt_view, model, session):
    prompt_view.prompt(PROMPT)
    model.enqueue("first ", "second", wait_after=1)
    prompt_view.ask("ask", text=PROMPT, form=None)
    model.wait_until_waiting()
    prompt_view.ask("stop")
    ended = prompt_view.wait_for("ended", outcome="stopped")
    assert session.history.get(ended["id"]).text == "first "


def test_a_fault_keeps_what_had_come_and_is_shown_with_its_remedy(prompt_view, model, session):
    prompt_view.prompt(PROMPT)
    model.enqueue("first ", GenerationError("The line broke.", remedy="Wait a little."))
    prompt_view.ask("ask", text=PROMPT, form=None)
    ended = prompt_view.wait_for("ended", outcome="failed")
    assert (ended["message"], ended["remedy"]) == ("The line broke.", "Wait a little.")
    assert session.history.get(ended["id"]).outcome == "failed"


def test_a_refusal_of_the_model_is_told(prompt_view, model):
    prompt_view.prompt(PROMPT)
    model.enqueue("No.", stop_reason="refusal")
    prompt_view.ask("ask", text=PROMPT, form=None)
    assert prompt_view.wait_for("ended", outcome="refused")


def test_a_second_prompt_waits_for_the_first_reply(prompt_view, model, session):
    prompt_view.prompt(PROMPT)
    model.enqueue("first ", "second", wait_after=1)
    prompt_view.ask("ask", text=PROMPT, form=None)
    model.wait_until_waiting()
    prompt_view.ask("ask", text=PROMPT, form=None)
    assert prompt_view.wait_for("error", about="ask")["remedy"] == "Stop it, or wait for its end."
    model.go_on()
    prompt_view.wait_for("ended", outcome="complete")
    assert len(session.history) == 1


def test_an_empty_prompt_is_not_sent(prompt_view, model, session):
    prompt_view.ask("ask", text=" ", form=None)
    ended = prompt_view.wait_for("ended", outcome="failed")
    assert ended["message"].startswith("The prompt is empty")
    assert "id" not in ended
    assert len(session.history) == 0


@pytest.mark.parametrize("typed", [None, "A haiku for somebody else"])
def test_nothing_leaves_the_machine_before_its_preview_was_made(prompt_view, model, session, typed):
    session.use_model(ModelElsewhere(model))
    if typed:
        prompt_view.prompt(typed)
    prompt_view.ask("ask", text=PROMPT, form=None)
    error = prompt_view.wait_for("error", about="ask")
    assert "nothing was sent" in error["message"]
    assert model.received == []
    assert prompt_view.prompt(PROMPT, number=2)["destination"] == "api.example.org"
    model.enqueue("Done.")
    prompt_view.ask("ask", text=PROMPT, form=None)
    assert prompt_view.wait_for("ended", outcome="complete")


def test_another_model_makes_another_preview(prompt_view, model, session):
    prompt_view.prompt(PROMPT)
    session.use_model(ModelElsewhere(model))
    assert prompt_view.wait_for("preview", count=2)["preview"]["destination"] == "api.example.org"
    assert prompt_view.wait_for("state")["label"] == "elsewhere, not Claude"


def test_locking_drops_prompt_preview_and_reply_and_stops_the_reply(prompt_view, model, session, passphrase):
    prompt_view.prompt(PROMPT)
    model.enqueue("for PERSON_1, ", "more", wait_after=1)
    prompt_view.ask("ask", text=PROMPT, form=None)
    model.wait_until_waiting()
    panel, task = prompt_view.panel, prompt_view.panel._reply.task
    prompt_view.ask("lock")
    state = prompt_view.wait_for("state", locked=True)
    assert (state["draft"], state["preview"], state["reply"]) == ({"text": "", "form": None}, None, None)
    assert panel._reply is None
    assert panel._draft.text == ""
    prompt_view.received.clear()
    assert task.done()
    model.go_on()
    session.unlock(passphrase=passphrase)
    (turn,) = session.history.recent()
    assert (turn.outcome, turn.text) == ("stopped", "for Mary Fielding, ")
    assert {message["event"] for message in prompt_view.received} == {"state"}
    assert "Mary" not in str(prompt_view.received)


def test_a_locked_panel_takes_no_words(prompt_view, session):
    session.lock()
    prompt_view.received.clear()
    prompt_view.ask("edit", text=PROMPT, form=None, number=1, view="v")
    prompt_view.ask("ask", text=PROMPT, form=None)
    assert [(message["event"], message["message"]) for message in prompt_view.received] == [
        ("error", "The session is locked.")
    ] * 2
    assert prompt_view.panel._draft.text == ""


def test_a_view_that_opens_later_gets_prompt_preview_and_reply(prompt_view, model):
    prompt_view.prompt(PROMPT, form="haiku")
    model.enqueue("first ", "frost")
    prompt_view.ask("ask", text=PROMPT, form="haiku")
    ended = prompt_view.wait_for("ended")
    prompt_view.received.clear()
    prompt_view.ask("ready")
    (state,) = prompt_view.received
    assert state["draft"] == {"text": PROMPT, "form": "haiku"}
    assert state["preview"]["parts"][1]["text"] == "PERSON_1"
    assert state["reply"] | {"event": "ended"} == ended | {"text": "first frost"}
    assert [form["name"] for form in state["forms"]][:2] == ["haiku", "couplet"]


def test_other_views_are_told_what_one_types(prompt_view):
    prompt_view.prompt(PROMPT)
    (draft,) = prompt_view.events("draft")
    assert (draft["text"], draft["view"]) == (PROMPT, "view-1")
    prompt_view.prompt(PROMPT, number=2)
    assert len(prompt_view.events("draft")) == 1


def test_the_offline_poet_answers_a_named_person(session, open_view):
    session.use_model(OfflinePoet())
    view = open_view(PromptPanel(session))
    view.prompt(PROMPT, form="haiku")
    view.ask("ask", text=PROMPT, form="haiku")
    assert view.wait_for("ended", outcome="complete")["label"] == "offline poet, not Claude"
    assert "".join(piece["text"] for piece in view.events("piece")).startswith("for Mary Fielding\n\n")
