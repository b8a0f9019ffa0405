"""A panel's browser half alone: its module in an empty page, with a model that only keeps what it is sent."""

from workbench.widgets.modules import STYLESHEET, module

OPEN = """async (source) => {
    const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const panel = (await import(address)).default;
    window.sent = [];
    window.listeners = new Map();
    const model = {
        send: (message) => window.sent.push(message),
        on: (event, listener) => window.listeners.set(event, listener),
        off: (event) => window.listeners.delete(event),
    };
    window.close_ = panel.render({ model, el: document.body });
}"""


class View:
    """A view in a page; `tell` is the kernel's side of the channel.

    Parameters
    ----------
    page : playwright Page
        It is emptied.
    name : str
        The panel's file, without ``.js``.
    """

    def __init__(self, page, name):
        self.page = page
        page.goto("about:blank")
        page.set_default_timeout(5_000)
        page.add_style_tag(content=STYLESHEET.read_text())
        page.evaluate(OPEN, module(name))

    def tell(self, event, **parts):
        """Hand the view a message, as if the kernel had sent it."""
        self.page.evaluate("message => window.listeners.get('msg:custom')?.(message)", {"event": event, **parts})

    def end_kernel(self):
        """Do what ipywidgets does when the kernel ends or restarts."""
        self.page.evaluate("window.listeners.get('comm_live_update')()")

    def sent(self, action):
        """Return the messages of one action that the view has sent so far."""
        return self.page.evaluate("action => window.sent.filter((message) => message.action === action)", action)

    def wait_for_sent(self, action, *, count=1):
        """Wait until the view has sent so many of these, and return the last."""
        self.page.wait_for_function(
            "([action, count]) => window.sent.filter((message) => message.action === action).length >= count",
            arg=[action, count],
        )
        return self.sent(action)[count - 1]

    def close(self):
        """Take the view away, as JupyterLab does."""
        self.page.evaluate("window.close_()")
