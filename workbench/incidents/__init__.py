"""What goes wrong and who is told: the rules of detection, and the notices."""

from workbench.incidents.detection import Alert, Detector, alerts
from workbench.incidents.notices import TEMPLATES, Letter, NoticeName, Template, letter, notices_of
from workbench.incidents.rules import RULES, Rule
from workbench.incidents.signs import Sign

__all__ = [
    "RULES",
    "TEMPLATES",
    "Alert",
    "Detector",
    "Letter",
    "NoticeName",
    "Rule",
    "Sign",
    "Template",
    "alerts",
    "letter",
    "notices_of",
]
