"""The panels' browser halves alone: what they show of the kernel's messages, and what they ask of it."""

import pytest
from lab_server import View

pytestmark = pytest.mark.browser

UNLOCKED = {"locked": False, "name": "ada"}
DESK = UNLOCKED | {
    "forms": [{"name": "haiku", "title": "Haiku"}],
    "label": "scripted, not Claude",
    "draft": {"text": "", "form": None},
    "preview": None,
    "reply": None,
}
ELSEWHERE = {
    "parts": [{"text": "For "}, {"text": "PERSON_1", "kind": "PERSON", "rule": "name-cue", "confidence": 0.8}],
    "system": "Write a haiku.",
    "destination": "api.example.org",
    "local": False,
    "model": "elsewhere-1",
}
HERE = ELSEWHERE | {"destination": "this machine", "local": True}
ROW = {"created": "2026-11-23T10:00:00+00:00", "form": "Haiku", "label": "poet", "outcome": "complete"}
TURN = ROW | {
    "prompt": "For Mary",
    "parts": ELSEWHERE["parts"],
    "text": "for Mary\n\nfrost",
    "model": "poet-1",
    "input_tokens": 3,
    "output_tokens": 4,
    "estimated": False,
}


@pytest.fixture(scope="module")
def page(browser):
    page = browser.page()
    yield page
    page.close()


@pytest.fixture
def prompt(page):
    view = View(page, "prompt_panel")
    view.tell("state", **DESK)
    return view


@pytest.fixture
def history(page):
    view = View(page, "history_browser")
    view.tell("state", **UNLOCKED, query="")
    rows = [ROW | {"id": f"{number:032x}", "excerpt": f"prompt {number}"} for number in range(3)]
    view.tell("rows", query="", rows=rows, total=3, more=False, unreadable=0)
    return view


@pytest.fixture
def sign_in(page):
    view = View(page, "sign_in_panel")
    view.tell("state", locked=True, name="", empty=True, codes=[])
    return view


def type_prompt(view, text="For Mary"):
    view.page.get_by_label("Your prompt").press_sequentially(text)
    return view.wait_for_sent("edit", count=len(view.sent("edit")) + 1)


@pytest.mark.parametrize("name", ["prompt_panel", "history_browser", "sign_in_panel", "account_panel"])
def test_a_view_asks_for_the_state_and_leaves_nothing_behind(page, name):
    view = View(page, name)
    assert view.sent("ready")[0] == {"action": "ready"}
    assert "Waiting for the kernel" in page.locator("body").inner_text()
    view.close()
    assert page.evaluate("window.listeners.size") == 0
    assert page.locator("section").count() == 0


def test_a_view_asks_again_until_it_is_answered(page):
    """JupyterLab sends the first messages to a running cell's shell, where they wait for its end."""
    view = View(page, "prompt_panel")
    view.wait_for_sent("ready", count=2)
    view.tell("state", **DESK)
    asked = len(view.sent("ready"))
    page.wait_for_timeout(1200)
    assert len(view.sent("ready")) == asked


@pytest.mark.parametrize("name", ["prompt_panel", "history_browser", "sign_in_panel", "account_panel"])
def test_keys_do_not_reach_jupyterlab(page, name):
    view = View(page, name)
    view.tell("state", **DESK, query="", empty=False, codes=[])
    page.evaluate("() => { window.keys = []; document.addEventListener('keydown', e => window.keys.push(e.key)); }")
    page.locator("section :is(input, textarea, button)").first.focus()
    for key in ("b", "Shift+Enter", "Escape", "d", "Control+s"):
        page.keyboard.press(key)
    assert page.evaluate("window.keys") == []


@pytest.mark.parametrize("name", ["prompt_panel", "history_browser", "sign_in_panel", "account_panel"])
def test_every_control_has_a_name_and_keeps_its_words_from_the_browser(page, name):
    view = View(page, name)
    view.tell("state", **DESK | {"locked": name == "sign_in_panel"}, query="", empty=True, codes=[])
    controls = page.locator("section :is(input, textarea, select, button):visible")
    assert controls.count() > 0
    for control in controls.all():
        label = control.evaluate("node => node.labels?.[0]?.textContent || node.textContent || node.ariaLabel")
        assert label.strip()
        if control.evaluate("node => node.matches('input, textarea')"):
            managed = control.get_attribute("type") == "password"
            assert managed is label.startswith("Passphrase")
            assert control.get_attribute("autocomplete") == ("new-password" if managed else "off")
            assert control.get_attribute("spellcheck") == "false"
            assert (control.get_attribute("data-1p-ignore") is None) is managed


def test_the_preview_marks_each_placeholder_with_its_reason(prompt):
    edit = type_prompt(prompt)
    assert (edit["text"], edit["form"], edit["number"]) == ("For Mary", None, 1)
    prompt.tell("preview", view=edit["view"], number=1, preview=ELSEWHERE)
    sheet = prompt.page.get_by_role("group", name="What will leave")
    assert "This leaves the machine, to api.example.org for elsewhere-1:" in sheet.inner_text()
    assert "80 % sure" in sheet.locator("mark").get_attribute("title")
    assert "1 detail replaced." in sheet.inner_text()
    assert sheet.get_by_text("Write a haiku.").is_hidden()
    sheet.get_by_text("Instruction beside it").click()
    assert sheet.get_by_text("Write a haiku.").is_visible()


def test_what_leaves_the_machine_waits_until_its_preview_has_been_seen(prompt):
    field = prompt.page.get_by_label("Your prompt")
    field.press_sequentially("For Mary")
    field.press("Control+Enter")
    edit = prompt.wait_for_sent("edit")
    prompt.tell("preview", view=edit["view"], number=edit["number"], preview=ELSEWHERE)
    assert prompt.page.get_by_role("alert").get_by_text("Send again to send it").is_visible()
    assert prompt.sent("ask") == []
    field.press("Control+Enter")
    assert prompt.sent("ask") == [{"action": "ask", "text": "For Mary", "form": None}]


def test_what_stays_here_goes_as_soon_as_its_preview_has_come(prompt):
    field = prompt.page.get_by_label("Your prompt")
    field.press_sequentially("For Mary")
    field.press("Control+Enter")
    edit = prompt.wait_for_sent("edit")
    prompt.tell("preview", view=edit["view"], number=edit["number"], preview=HERE)
    assert prompt.sent("ask") == [{"action": "ask", "text": "For Mary", "form": None}]


def test_a_preview_of_older_words_is_shown_as_such(prompt):
    first = type_prompt(prompt)
    prompt.page.get_by_label("Your prompt").press_sequentially(" Fielding")
    prompt.tell("preview", view=first["view"], number=1, preview=ELSEWHERE)
    assert prompt.page.locator(".wb-stale").count() == 1
    second = prompt.wait_for_sent("edit", count=2)
    prompt.tell("preview", view=second["view"], number=2, preview=ELSEWHERE)
    assert prompt.page.locator(".wb-stale").count() == 0


def test_late_pieces_are_dropped_and_a_gap_is_asked_for_once(prompt):
    verse = prompt.page.get_by_role("log")
    prompt.tell("started", reply=1, label="scripted, not Claude", outcome="running")
    prompt.tell("piece", reply=1, **{"from": 0}, next=1, text="one ")
    prompt.tell("piece", reply=1, **{"from": 0}, next=1, text="one ")
    prompt.tell("piece", reply=7, **{"from": 1}, next=2, text="another reply's ")
    prompt.tell("piece", reply=1, **{"from": 2}, next=3, text="three ")
    prompt.tell("piece", reply=1, **{"from": 3}, next=4, text="four ")
    assert prompt.sent("resend") == [{"action": "resend", "reply": 1, "number": 1}]
    prompt.tell("piece", reply=1, **{"from": 1}, next=4, text="two three four ")
    prompt.tell("ended", reply=1, label="scripted, not Claude", outcome="complete", id="0", next=5)
    assert len(prompt.sent("resend")) == 2
    prompt.tell("piece", reply=1, **{"from": 4}, next=5, text="five")
    assert verse.inner_text() == "one two three four five"
    assert verse.get_attribute("aria-busy") == "false"


def test_markup_in_a_reply_is_words_and_not_elements(prompt):
    prompt.tell("started", reply=1, label="<b>poet</b>", outcome="running")
    prompt.tell("piece", reply=1, **{"from": 0}, next=1, text="<img src=x onerror=document.title='run'> *stars*")
    assert prompt.page.get_by_role("log").inner_text() == "<img src=x onerror=document.title='run'> *stars*"
    assert prompt.page.locator("section img, section b").count() == 0
    assert prompt.page.title() == ""


def test_a_fault_is_beside_the_reply_with_its_remedy(prompt):
    prompt.tell("started", reply=1, label="poet", outcome="running")
    fault = {"message": "The line broke.", "remedy": "Wait a little."}
    prompt.tell("ended", reply=1, label="poet", outcome="failed", next=0, **fault)
    assert prompt.page.locator(".wb-reply").get_by_role("alert").inner_text() == "The line broke. Wait a little."
    assert "Not sent." in prompt.page.locator(".wb-reply").inner_text()


def test_lock_empties_the_page_and_late_messages_bring_nothing_back(prompt):
    edit = type_prompt(prompt, "For Vexlinghurst")
    prompt.tell("started", reply=1, label="poet", outcome="running")
    prompt.tell("piece", reply=1, **{"from": 0}, next=1, text="for Vexlinghurst")
    prompt.tell("state", **DESK | {"locked": True})
    prompt.tell("piece", reply=1, **{"from": 1}, next=2, text=" Vexlinghurst")
    prompt.tell("preview", view=edit["view"], number=1, preview=ELSEWHERE)
    prompt.tell("ended", reply=1, label="poet", outcome="stopped", next=2)
    assert "Vexlinghurst" not in prompt.page.content()
    assert "PERSON_1" not in prompt.page.content()
    assert prompt.page.get_by_role("textbox").count() == 0
    assert "bench.sign_in()" in prompt.page.locator("section").inner_text()


def test_when_the_kernel_ends_nothing_stays_in_the_page(prompt):
    type_prompt(prompt, "For Vexlinghurst")
    prompt.end_kernel()
    assert "Vexlinghurst" not in prompt.page.content()
    assert "Run the notebook's cells again" in prompt.page.get_by_role("alert").inner_text()


def test_an_error_without_a_control_beside_it_is_shown_on_top(history):
    history.tell("error", about="lock", message="The store is full.", remedy="Make room.")
    assert history.page.get_by_role("alert").inner_text() == "The store is full. Make room."


def test_another_view_s_words_appear_here(prompt):
    prompt.tell("draft", text="From the other", form="haiku", view="another")
    assert prompt.page.get_by_label("Your prompt").input_value() == "From the other"
    assert prompt.page.get_by_label("Form").input_value() == "haiku"


def test_a_message_that_a_view_cannot_show_is_told_and_not_quoted(history):
    history.tell("turn", turn={"id": "canary"})
    alert = history.page.get_by_role("alert").first.inner_text()
    assert "could not show" in alert
    assert "canary" not in alert


def test_the_list_works_by_keyboard(history):
    box = history.page.get_by_role("listbox")
    box.focus()
    box.press("ArrowDown")
    box.press("End")
    box.press("ArrowUp")
    active = box.get_attribute("aria-activedescendant")
    assert history.page.locator(f"#{active}").get_by_text("prompt 1").is_visible()
    box.press("Enter")
    assert history.sent("open") == [{"action": "open", "turn": f"{1:032x}"}]
    history.tell("turn", turn=TURN | {"id": f"{1:032x}"})
    assert "for Mary" in history.page.get_by_role("region", name="Turn").inner_text()
    assert "3 tokens in, 4 out" in history.page.get_by_role("region", name="Turn").inner_text()
    assert history.page.get_by_role("option", selected=True).count() == 1


def test_deleting_asks_first_and_can_be_left_with_escape(history):
    box = history.page.get_by_role("listbox")
    box.focus()
    box.press("Delete")
    history.tell("turn", turn=TURN | {"id": f"{0:032x}"})
    question = history.page.get_by_role("alertdialog")
    assert "for good" in question.inner_text()
    assert history.page.evaluate("document.activeElement.textContent") == "Keep it"
    history.page.keyboard.press("Escape")
    assert question.is_hidden()
    assert history.sent("delete") == []
    box.press("Delete")
    history.page.get_by_role("button", name="Delete for good").press("Enter")
    assert history.sent("delete") == [{"action": "delete", "turn": f"{0:032x}"}]
    history.tell("deleted", id=f"{0:032x}")
    assert "for Mary" not in history.page.content()


def test_damaged_turns_are_told_beside_the_list(history):
    history.tell("rows", query="", rows=[], total=2, more=False, unreadable=2)
    assert "2 turns don't open" in history.page.get_by_role("alert").inner_text()


def test_the_passphrase_is_drawn_as_discs_cannot_be_copied_and_is_cleared_on_use(sign_in):
    page = sign_in.page
    first, second = page.get_by_label("Passphrase", exact=True), page.get_by_label("Passphrase, once more")
    style = "node => getComputedStyle(node).webkitTextSecurity"
    assert first.evaluate(style) == second.evaluate(style) == "disc"
    assert first.evaluate("node => node.dispatchEvent(new Event('copy', { cancelable: true }))") is False
    page.get_by_role("button", name="Show").first.click()
    assert first.evaluate(style) == "none"
    page.get_by_label("Name").fill("ada")
    first.fill("one")
    second.fill("two")
    second.press("Enter")
    assert page.get_by_role("alert").inner_text() == "The two passphrases differ. Type the same one twice."
    assert sign_in.sent("create") == []
    second.fill("one")
    second.press("Enter")
    assert sign_in.sent("create") == [{"action": "create", "name": "ada", "passphrase": "one"}]
    assert first.input_value() == second.input_value() == ""
    assert first.evaluate(style) == "disc"


def test_password_managers_may_fill_a_passphrase_and_nothing_else(sign_in):
    """A07; NIST SP 800-63B-4, 3.1.1.2: managers and pasting SHALL be allowed. What is shown isn't remembered."""
    page = sign_in.page
    first = page.get_by_label("Passphrase", exact=True)
    assert (first.get_attribute("type"), first.get_attribute("autocomplete")) == ("password", "new-password")
    paste = "node => node.dispatchEvent(new ClipboardEvent('paste', { cancelable: true }))"
    assert first.evaluate(paste) is True, "nothing prevents it"
    page.get_by_role("button", name="Show").first.click()
    assert (first.get_attribute("type"), first.get_attribute("autocomplete")) == ("text", "off")
    sign_in.tell("state", locked=True, name="ada", empty=False, codes=[])
    known = page.get_by_label("Passphrase", exact=True)
    assert (known.get_attribute("type"), known.get_attribute("autocomplete")) == ("password", "current-password")
    page.get_by_role("button", name="Use a recovery code instead").click()
    code, fresh = page.get_by_label("Recovery code", exact=True), page.get_by_label("New passphrase")
    assert (code.get_attribute("type"), code.get_attribute("autocomplete")) == ("text", "off")
    assert (fresh.get_attribute("type"), fresh.get_attribute("autocomplete")) == ("password", "new-password")


@pytest.mark.parametrize("is_new", [True, False])
def test_a_suggested_passphrase_is_filled_in_twice_and_shown(sign_in, is_new):
    """A07: where a passphrase is chosen, for a new account and with a recovery code."""
    page, words = sign_in.page, "abbot acid afield agenda airbags alibi"
    if not is_new:
        sign_in.tell("state", locked=True, name="ada", empty=False, codes=[])
        page.get_by_role("button", name="Use a recovery code instead").click()
    first = page.get_by_label("Passphrase" if is_new else "New passphrase", exact=True)
    second = page.get_by_label("Passphrase, once more")
    sign_in.tell("suggestion", passphrase="of another view")
    assert first.input_value() == ""
    page.get_by_role("button", name="Suggest one").click()
    assert sign_in.sent("suggest") == [{"action": "suggest"}]
    sign_in.tell("suggestion", passphrase=words)
    assert first.input_value() == second.input_value() == words
    assert first.get_attribute("type") == second.get_attribute("type") == "text"
    assert sign_in.sent("strength")[-1]["passphrase"] == words
    sign_in.tell("strength", score=4, accepted=True, guesses=23.3, reasons=["To a guesser it is 6 common words."])
    status = page.locator(".wb-strength").inner_text()
    assert "Very strong: some 1023 guesses" in status
    assert page.locator(".wb-strength sup").inner_text() == "23"
    assert "write them down" in status
    first.press("End")
    first.press_sequentially("x")
    sign_in.tell("strength", score=4, accepted=True, guesses=23.3, reasons=["To a guesser it is 6 common words."])
    assert page.locator(".wb-reasons").inner_text() == "To a guesser it is 6 common words."
    first.press("Backspace")
    page.get_by_label("Name").fill("ada")
    if not is_new:
        page.get_by_label("Recovery code", exact=True).fill("CODE-1")
    second.press("Enter")
    assert sign_in.sent("create" if is_new else "recover")[0]["passphrase"] == words
    assert words not in page.content()
    assert first.input_value() == second.input_value() == ""


def test_the_meter_says_how_many_guesses_and_why(sign_in):
    """A06: the order of magnitude, and the reasons in words."""
    sign_in.page.get_by_label("Passphrase", exact=True).fill("passwordpassword")
    sign_in.wait_for_sent("strength")
    sign_in.tell(
        "strength", score=0, accepted=False, guesses=5.1, reasons=["It is a common word.", "It is tried first."]
    )
    said = sign_in.page.locator(".wb-strength")
    assert "Guessed at once: some 105 guesses" in said.inner_text()
    assert said.get_by_role("listitem").all_inner_texts() == ["It is a common word.", "It is tried first."]
    assert said.get_attribute("role") == "status"
    sign_in.tell("strength", score=0, accepted=False, guesses=0.0, reasons=["It has more than 256 characters."])
    assert "guesses" not in said.inner_text().removeprefix("Guessed")


def test_the_recovery_codes_go_when_they_are_kept(sign_in):
    codes = [f"CODE-{number}" for number in range(10)]
    drawing = {"size": 9, "path": "M4 4h1v1h-1z"}
    sign_in.tell("state", locked=False, name="ada", empty=False, codes=codes, drawing=drawing)
    assert sign_in.page.get_by_role("listitem").count() == 10
    assert sign_in.page.get_by_role("img", name="scan them with a phone").locator("path").get_attribute("d")
    sign_in.page.get_by_role("button", name="I have kept them").click()
    assert sign_in.sent("kept") == [{"action": "kept"}]
    sign_in.tell("state", locked=False, name="ada", empty=False, codes=[])
    assert "CODE-" not in sign_in.page.content()
    assert sign_in.page.get_by_role("img", name="scan them with a phone").count() == 0
    assert "Signed in as ada" in sign_in.page.locator("section").inner_text()


def test_a_recovery_code_is_another_way_in(sign_in):
    page = sign_in.page
    sign_in.tell("state", locked=True, name="ada", empty=False, codes=[])
    page.get_by_role("button", name="Use a recovery code instead").click()
    page.get_by_label("Recovery code", exact=True).fill("CODE-1")
    page.get_by_label("New passphrase").fill("new")
    page.get_by_label("Passphrase, once more").fill("new")
    page.get_by_label("Passphrase, once more").press("Enter")
    assert sign_in.sent("recover") == [
        {"action": "recover", "name": "ada", "code": "CODE-1", "second": "", "passphrase": "new"}
    ]
    assert page.get_by_label("Recovery code", exact=True).input_value() == ""


def test_a_refused_sign_in_keeps_the_name_and_says_what_to_do(sign_in):
    page = sign_in.page
    sign_in.tell("state", locked=True, name="", empty=False, codes=[])
    page.get_by_label("Name").fill("ada")
    page.get_by_label("Passphrase").fill("wrong")
    page.get_by_label("Passphrase").press("Enter")
    assert page.get_by_role("button", name="Sign in", exact=True).is_disabled()
    sign_in.tell("error", about="sign_in", message="It is wrong.", remedy="Check it.")
    assert page.get_by_role("alert").inner_text() == "It is wrong. Check it."
    assert page.get_by_role("button", name="Sign in", exact=True).is_enabled()
    assert page.get_by_label("Name").input_value() == "ada"


ACCOUNT = {
    "name": "ada",
    "roles": ["owner"],
    "alerts": [],
    "notices": [],
    "requests": [],
    "readers": [{"account": "12345678", "roles": "auditor", "kind": "audit entries", "alone": True}],
    "sessions": [
        {"id": "a" * 32, "device": "desk", "first": ROW["created"], "last": ROW["created"], "is_this": True},
        {"id": "b" * 32, "device": "laptop", "first": ROW["created"], "last": ROW["created"], "is_this": False},
    ],
    "factors": {"totp": "off", "since": None, "codes": 2, "device": True},
    "activity": [{"time": ROW["created"], "what": "Signed in", "failed": False, "event": "authn_login_success"}],
    "last": {"export": None, "erasure": None},
    "software": [{"name": "cryptography", "state": "pass", "detail": "50.0.2 is installed."}],
}
SIGNED_IN = UNLOCKED | {"codes": [], "drawing": None, "totp": None}


@pytest.fixture
def account(page):
    view = View(page, "account_panel")
    view.tell("state", **SIGNED_IN)
    view.tell("account", **ACCOUNT)
    return view


def test_the_account_shows_who_is_in_and_ends_another_session(account):
    """A19."""
    shown = account.page.locator("section").first.inner_text()
    assert "2 of 10 left. Make new ones soon." in shown
    assert "your audit entries; auditor" in shown
    account.page.get_by_role("button", name="End", exact=True).press("Enter")
    account.page.get_by_label("Your passphrase").press_sequentially("the old one")
    account.page.keyboard.press("Enter")
    sent = account.wait_for_sent("end_session")
    assert (sent["session"], sent["passphrase"]) == ("b" * 32, "the old one")


def test_the_passphrase_is_changed_by_keyboard_alone(account):
    page = account.page
    page.get_by_role("button", name="Change", exact=True).press("Enter")
    page.keyboard.type("a new one that is long")  # the first field has the focus
    page.get_by_label("Passphrase, once more").press_sequentially("a new one that is long")
    page.get_by_label("Your passphrase").press_sequentially("the old one")
    page.get_by_label("Your passphrase").press("Enter")
    sent = account.wait_for_sent("change_passphrase")
    assert (sent["passphrase"], sent["code"], sent["new"]) == ("the old one", "", "a new one that is long")
    assert "the old one" not in page.content()
    account.tell("error", about="passphrase", message="It is wrong.", remedy="Try again.")
    assert page.get_by_role("alert").inner_text() == "It is wrong. Try again."


def test_what_is_typed_stays_while_the_account_is_looked_at_again_and_escape_closes(account):
    page = account.page
    page.get_by_role("button", name="This wasn't me").press("Enter")
    page.get_by_label("New passphrase").press_sequentially("half")
    account.tell("account", **ACCOUNT)
    assert page.get_by_label("New passphrase").input_value() == "half"
    page.get_by_label("New passphrase").press("Escape")
    assert page.get_by_label("New passphrase").count() == 0


def test_two_passphrases_that_differ_are_not_sent(account):
    page = account.page
    page.get_by_role("button", name="This wasn't me").press("Enter")
    page.get_by_label("New passphrase").fill("one of them, and long")
    page.get_by_label("Passphrase, once more").fill("the other, as long")
    page.get_by_role("button", name="End everything else and change").press("Enter")
    assert "differ" in page.get_by_role("alert").inner_text()
    assert account.sent("not_me") == []


def test_a_second_factor_is_asked_for_where_there_is_one(account):
    account.tell("account", **ACCOUNT | {"factors": ACCOUNT["factors"] | {"totp": "on", "since": ROW["created"]}})
    page = account.page
    page.get_by_role("button", name="Make new ones").press("Enter")
    page.get_by_label("Your passphrase").press_sequentially("the old one")
    page.get_by_label("Code of your app, or a recovery code").press_sequentially("123456")
    page.get_by_role("button", name="Make new codes").press("Enter")
    assert account.wait_for_sent("new_codes")["code"] == "123456"


def test_a_new_app_is_shown_and_its_code_sent(account):
    drawing = {"size": 10, "path": "M0 0h1v1h-1z"}
    account.tell("state", **SIGNED_IN | {"totp": {"secret": "ABCD EFGH", "drawing": drawing}})
    page = account.page
    assert page.get_by_role("img", name="Set up an authenticator app").count() == 1
    page.get_by_label("The six digits").press_sequentially("123456")
    page.get_by_label("Your passphrase").press_sequentially("the old one")
    page.get_by_label("Your passphrase").press("Enter")
    assert account.wait_for_sent("activate")["code"] == "123456"


def test_an_alert_says_what_to_do_and_a_request_is_approved_with_a_proof(account):
    """R05; S02."""
    alert = {"time": ROW["created"], "text": "Somebody may know it.", "rule": "S02"}
    request = {
        "id": "c" * 64,
        "what": "Change what an account may do",
        "facts": "roles: auditor",
        "requester": "12345678",
    }
    account.tell("account", **ACCOUNT | {"alerts": [alert], "requests": [request]})
    page = account.page
    assert "use “This wasn't me”" in page.get_by_role("alert").inner_text()
    page.get_by_role("button", name="Approve", exact=True).press("Enter")
    page.get_by_label("Your passphrase").press_sequentially("the old one")
    page.get_by_role("button", name="Approve exactly this").press("Enter")
    assert account.wait_for_sent("approve")["request"] == "c" * 64


def test_a_locked_account_panel_holds_nothing(account):
    account.tell("state", **SIGNED_IN | {"locked": True})
    assert "desk" not in account.page.content()


def test_the_code_is_asked_for_in_a_second_step_with_the_passphrase_kept_until_then(sign_in):
    """A11, A16: where the account has a second factor; by keyboard alone."""
    page = sign_in.page
    sign_in.tell("state", locked=True, name="ada", empty=False, codes=[])
    sign_in.tell("code_needed")  # another view asked
    assert page.get_by_label("Code", exact=True).count() == 0
    page.get_by_label("Passphrase").fill("six words of a passphrase")
    page.keyboard.press("Enter")
    assert sign_in.sent("sign_in") == [{"action": "sign_in", "name": "ada", "passphrase": "six words of a passphrase"}]
    sign_in.tell("code_needed")
    code = page.get_by_label("Code", exact=True)
    assert code.evaluate("node => node === document.activeElement")
    assert code.get_attribute("autocomplete") == "off"
    page.keyboard.press("Enter")
    assert page.get_by_role("alert").get_by_text("The code is missing.").is_visible()
    for number, typed in enumerate(("123456", "654321")):
        code.fill(typed)
        page.keyboard.press("Enter")
        assert sign_in.sent("sign_in_with_code")[number] == {
            "action": "sign_in_with_code",
            "name": "ada",
            "passphrase": "six words of a passphrase",
            "code": typed,
        }
        assert code.input_value() == ""
        sign_in.tell("error", about="sign_in", message="It is wrong.", remedy="Type the next one.")
        assert page.get_by_role("alert").get_by_text("It is wrong.").is_visible()
    page.get_by_role("button", name="Start again").click()
    assert page.get_by_label("Passphrase").input_value() == ""
