"""The panels' browser halves: plain ES modules and one stylesheet, no bundler, nothing fetched from elsewhere."""

from pathlib import Path

STATIC = Path(__file__).parent / "static"
STYLESHEET = STATIC / "workbench.css"


_BEFORE = {"sign_in_panel": ("new_passphrase",), "account_panel": ("new_passphrase",)}
"""What else stands before a panel's own file."""


def module(name: str) -> str:
    """Return one panel's ES module: the shared helpers, then the panel's own file.

    anywidget gives the browser one module for each panel, with no address that another file could be imported from.

    Parameters
    ----------
    name : str
        A file of ``static/`` without ``.js``.
    """
    parts = ("shared", *_BEFORE.get(name, ()), name)
    return "\n".join((STATIC / f"{part}.js").read_text(encoding="utf-8") for part in parts)
