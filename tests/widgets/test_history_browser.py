import pytest
from scripted_model import ScriptedModel

from workbench.widgets.history_browser import PAGE


@pytest.fixture
def turns(session):
    """Three turns, oldest first."""
    model = ScriptedModel()
    session.use_model(model)
    prompts = ["Frost for Mary Fielding", "Rain\non the roof", "Wind " + "and wind " * 40]
    for number, _ in enumerate(prompts):
        model.enqueue(f"answer {number} ", "for PERSON_1" if number == 0 else "")
    return [session.ask(prompt, form="haiku") for prompt in prompts]


def test_rows_are_newest_first_and_each_on_one_short_line(turns, history_view):
    history_view.ask("ready")
    rows = history_view.wait_for("rows")
    assert [row["id"] for row in rows["rows"]] == [turn.id for turn in reversed(turns)]
    assert rows["rows"][1]["excerpt"] == "Rain on the roof"
    assert rows["rows"][0]["excerpt"].endswith("…")
    assert len(rows["rows"][0]["excerpt"]) <= 121
    assert (rows["total"], rows["more"], rows["unreadable"]) == (3, False, 0)


def test_a_search_finds_by_prompt_and_reply(turns, history_view):
    history_view.ask("search", query="mary fielding")
    rows = history_view.wait_for("rows", query="mary fielding")
    assert [row["id"] for row in rows["rows"]] == [turns[0].id]
    history_view.ask("search", query="nowhere")
    assert history_view.wait_for("rows", query="nowhere")["rows"] == []


def test_an_opened_turn_shows_what_was_asked_given_and_answered(turns, history_view):
    history_view.ask("open", turn=turns[0].id)
    turn = history_view.wait_for("turn")["turn"]
    assert turn["prompt"] == "Frost for Mary Fielding"
    assert "".join(part["text"] for part in turn["parts"]) == "Frost for PERSON_1"
    assert turn["text"] == "answer 0 for Mary Fielding"
    assert (turn["label"], turn["form"], turn["outcome"]) == ("scripted, not Claude", "Haiku", "complete")


@pytest.mark.parametrize("turn_id", ["0" * 32, "not an id"])
def test_a_turn_that_is_not_there_is_an_error_beside_it(turns, history_view, turn_id):
    history_view.ask("open", turn=turn_id)
    assert history_view.wait_for("error", about="open")["message"] == "There is no such record."


def test_a_deleted_turn_leaves_the_list(turns, history_view, session):
    history_view.ask("open", turn=turns[1].id)
    history_view.wait_for("turn")
    history_view.ask("delete", turn=turns[1].id)
    history_view.wait_for("deleted", id=turns[1].id)
    assert history_view.wait_for("rows", total=2)
    assert len(session.history) == 2
    assert history_view.panel._opened == ""


def test_the_list_follows_the_history(turns, history_view, session):
    history_view.ask("ready")
    history_view.wait_for("rows", total=3)
    session._model.enqueue("one more")
    session.ask("Snow")
    assert history_view.wait_for("rows", total=4)["rows"][0]["excerpt"] == "Snow"


def test_pages_hold_fifty_turns_and_more_brings_the_next(history_view, session):
    model = ScriptedModel()
    session.use_model(model)
    for number in range(PAGE + 2):
        model.enqueue(f"answer {number}")
        session.ask(f"Prompt {number}")
    history_view.received.clear()
    history_view.ask("ready")
    first = history_view.wait_for("rows")
    assert (len(first["rows"]), first["total"], first["more"]) == (PAGE, PAGE + 2, True)
    history_view.ask("more")
    assert len(history_view.wait_for("rows", more=False)["rows"]) == PAGE + 2
    history_view.ask("search", query="prompt")
    assert len(history_view.wait_for("rows", query="prompt", more=True)["rows"]) == PAGE


def test_damaged_turns_are_counted_and_the_others_shown(turns, history_view, session):
    database = session._database
    database._connection.execute(
        "UPDATE record SET sealed = zeroblob(length(sealed)) WHERE record_id = ?", (bytes.fromhex(turns[1].id),)
    )
    history_view.ask("ready")
    rows = history_view.wait_for("rows")
    assert [row["id"] for row in rows["rows"]] == [turns[2].id, turns[0].id]
    assert rows["unreadable"] == 1
    history_view.ask("open", turn=turns[1].id)
    assert "restore it from a backup" in history_view.wait_for("error", about="open")["remedy"]


def test_locking_empties_query_and_selection(turns, history_view, session, passphrase):
    history_view.ask("search", query="frost")
    history_view.wait_for("rows", query="frost")
    history_view.ask("open", turn=turns[0].id)
    history_view.wait_for("turn")
    history_view.received.clear()
    history_view.ask("lock")
    assert history_view.wait_for("state", locked=True)["query"] == ""
    assert (history_view.panel._query, history_view.panel._opened) == ("", "")
    session.unlock(passphrase=passphrase)
    assert history_view.wait_for("rows")["query"] == ""
    assert history_view.events("turn") == []


def test_a_locked_browser_answers_with_errors_and_no_rows(turns, history_view, session):
    session.lock()
    history_view.received.clear()
    history_view.ask("open", turn=turns[0].id)
    assert history_view.wait_for("error", about="open")["message"] == "The session is locked."
    history_view.ask("search", query="frost")
    history_view.ask("delete", turn=turns[0].id)
    assert history_view.wait_for("error", about="delete")
    assert history_view.events("rows") == []


def test_a_view_that_opens_later_gets_the_open_turn_again(turns, history_view):
    history_view.ask("open", turn=turns[0].id)
    history_view.wait_for("turn")
    history_view.ask("ready")
    assert history_view.wait_for("turn", count=2)["turn"]["id"] == turns[0].id
