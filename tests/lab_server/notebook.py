"""A notebook in JupyterLab, as a person works with it."""

import nbformat

KERNEL = "window.jupyterapp.shell.currentWidget.sessionContext.session?.kernel"
START_APART = f"""(code) => {{
    window.apart = "asked for";
    const future = {KERNEL}.requestExecute({{ code, store_history: true }});
    future.onIOPub = ({{ header }}) => {{
        if (header.msg_type === "execute_input") window.apart = "running";
    }};
    future.done.then(() => {{ window.apart = "ended"; }});
}}"""


class Notebook:
    """A notebook that is written to a lab's work folder and opened in a tab.

    Parameters
    ----------
    lab : Lab
        Where.
    page : playwright Page
        The tab.
    name : str
        The file's name.
    cells : iterable of str
        Sources of its code cells.
    """

    def __init__(self, lab, page, *, name, cells):
        self.path = lab.work / name
        self.page = page
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(notebook, self.path)
        page.goto(lab.address(name))
        self._wait()
        if page.locator("#jp-left-stack:visible").count():
            self.command("application:toggle-left-area")  # the list of files

    def command(self, name, arguments=None):
        """Run one of JupyterLab's commands and wait for its end."""
        return self.page.evaluate(
            "async ([name, arguments]) => { await window.jupyterapp.commands.execute(name, arguments ?? {}) }",
            [name, arguments],
        )

    def run_all(self):
        """Start every cell; it doesn't wait for their ends."""
        self.page.wait_for_function(f"{KERNEL}?.connectionStatus === 'connected'")
        self.page.evaluate("() => { window.jupyterapp.commands.execute('notebook:run-all-cells') }")

    def save(self):
        """Save the notebook and its checkpoint."""
        self.command("docmanager:save")

    def theme(self, name):
        """Choose a theme: "JupyterLab Light" or "JupyterLab Dark"."""
        self.command("apputils:change-theme", {"theme": name})
        self.page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=name)

    def panel(self, title):
        """Return the panel of that title."""
        return self.page.get_by_role("region", name=title, exact=True)

    def reload(self):
        """Save and reload the page, as a person does; the kernel goes on."""
        self.save()
        self.page.reload()
        self._wait()

    def restart_kernel(self):
        """Restart the kernel without the question that JupyterLab asks."""
        self.page.evaluate(f"async () => await {KERNEL}.restart()")

    def run_apart(self, source):
        """Run a cell that stands in no notebook, as if it were deleted afterwards, and wait for its end."""
        self.page.evaluate(f"async code => await {KERNEL}.requestExecute({{ code, store_history: true }}).done", source)

    def start_apart(self, source):
        """Start such a cell, and return as soon as it runs."""
        self.page.evaluate(START_APART, source)
        self.page.wait_for_function("window.apart === 'running'")

    def is_running_apart(self):
        """Return whether the cell of `start_apart` still runs; the kernel's status also tells of panels' messages."""
        return self.page.evaluate("window.apart === 'running'")

    def _wait(self):
        self.page.locator(".jp-Notebook").wait_for()
        self.page.wait_for_function("window.jupyterapp?.shell.currentWidget?.context?.isReady")
