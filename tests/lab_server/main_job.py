"""The main job, as a person does it in the panels: make the account, compose, look it up, lock."""

CELLS = (
    'from workbench import Workbench\n\nbench = Workbench.open("{store}")',
    "session = bench.sign_in()",
    "session.prompt_panel()",
    "session.history_browser()",
)


def cells(store):
    """Return the sources of the notebook that opens a store and shows its panels."""
    return [source.format(store=store) for source in CELLS]


def create_account(notebook, *, name, passphrase):
    """Make the owner's account by typing, and return the recovery codes that are shown."""
    panel = notebook.panel("Sign in")
    panel.get_by_label("Name").press_sequentially(name)
    panel.get_by_label("Passphrase", exact=True).press_sequentially(passphrase)
    panel.get_by_text("Very strong").wait_for()
    panel.get_by_label("Passphrase, once more").press_sequentially(passphrase)
    panel.get_by_label("Passphrase, once more").press("Enter")
    panel.get_by_text("Your recovery codes").wait_for()
    codes = panel.get_by_role("listitem").all_inner_texts()
    panel.get_by_role("button", name="I have kept them").press("Enter")
    panel.get_by_text("Signed in as").wait_for()
    return codes


def suggest(notebook):
    """Have a passphrase suggested, leave it shown for as long as a browser waits before it writes, and return it."""
    panel = notebook.panel("Sign in")
    panel.get_by_role("button", name="Suggest one").press("Enter")
    panel.get_by_text("Very strong").wait_for()
    first, second = panel.get_by_label("Passphrase", exact=True), panel.get_by_label("Passphrase, once more")
    suggestion = first.input_value()
    notebook.page.wait_for_timeout(3000)
    for field in (first, second):
        field.fill("")
        panel.get_by_role("button", name="Hide").first.press("Enter")
    return suggestion


def compose(notebook, *, prompt, form):
    """Type a prompt, wait for its preview, send it, and return preview and reply."""
    panel = notebook.panel("Compose")
    panel.get_by_label("Form").select_option(label=form)
    panel.get_by_label("Your prompt").press_sequentially(prompt)
    leaving = panel.get_by_role("group", name="What will leave")
    notebook.page.wait_for_timeout(300)  # the panel waits for a pause in the typing
    panel.locator("[aria-busy=false]", has_text="replaced").wait_for()
    preview = leaving.inner_text()
    earlier = panel.locator(".wb-verse").text_content()
    panel.get_by_label("Your prompt").press("Control+Enter")
    notebook.page.wait_for_function("text => document.querySelector('.wb-verse').textContent !== text", arg=earlier)
    panel.get_by_text("Complete. Sealed in your history.").wait_for()
    return preview, panel.get_by_role("log").inner_text()


def look_up(notebook, *, query):
    """Search the history by typing, open the first hit with the keyboard, and return the detail's text."""
    panel = notebook.panel("History")
    panel.get_by_label("Search the history").press_sequentially(query)
    panel.get_by_text("1 found").wait_for()
    panel.get_by_label("Search the history").press("ArrowDown")
    panel.get_by_role("listbox").press("Enter")
    detail = panel.get_by_role("region", name="Turn")
    detail.get_by_text("What the model was given").wait_for()
    return detail.inner_text()
