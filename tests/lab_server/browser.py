"""Chromium as a person has it: with a profile that it writes its sessions, forms and caches to."""

import subprocess
import time
from contextlib import suppress

from browser.chromium import ensure


class Browser:
    """A running Chromium; use it in a ``with``.

    It is started as a program and reached over its debugging port: a context that Playwright makes itself keeps no
    session files, and so could not show a leak into them.

    Parameters
    ----------
    playwright : Playwright
        The running one: a thread can have no second.
    profile : Path
        The profile's folder; it is made.
    size : tuple of int
        Width and height of the window, in CSS pixels.
    """

    def __init__(self, playwright, profile, *, size=(1280, 900)):
        self._playwright = playwright
        self.profile = profile
        self._size = size

    def __enter__(self):
        port_file = self.profile / "DevToolsActivePort"
        command = [
            *(str(ensure()), "--headless=new", "--no-sandbox", "--no-first-run", "--no-default-browser-check"),
            *("--remote-debugging-port=0", f"--user-data-dir={self.profile}", "--hide-scrollbars"),
            *(f"--window-size={self._size[0]},{self._size[1]}", "about:blank"),
        ]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + 30
        while not (port_file.exists() and port_file.read_text().count("\n")):
            if self._process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("Chromium did not start.")
            time.sleep(0.05)
        port = port_file.read_text().split("\n")[0]
        self._browser = self._playwright.chromium.connect_over_cdp(f"http://127.0.0.1:{port}")
        return self

    def __exit__(self, *_):
        """Close it as a person does, so that it writes out what it keeps."""
        with suppress(Exception):
            self._browser.new_browser_cdp_session().send("Browser.close")
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def page(self):
        """Return a new tab."""
        page = self._browser.contexts[0].new_page()
        page.set_viewport_size({"width": self._size[0], "height": self._size[1]})
        page.set_default_timeout(30_000)
        return page
