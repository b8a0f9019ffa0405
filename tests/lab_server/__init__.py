"""A real JupyterLab and a real Chromium, each with folders of its own, for the browser tests."""

from lab_server.browser import Browser
from lab_server.lab import Lab
from lab_server.notebook import Notebook
from lab_server.view import View

__all__ = ["Browser", "Lab", "Notebook", "View"]
