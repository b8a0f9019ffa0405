"""What people see in JupyterLab: panels over a session, without a rule of their own."""

from workbench.widgets.account_panel import AccountPanel
from workbench.widgets.history_browser import HistoryBrowser
from workbench.widgets.prompt_panel import PromptPanel
from workbench.widgets.sign_in_panel import SignInPanel

__all__ = ["AccountPanel", "HistoryBrowser", "PromptPanel", "SignInPanel"]
