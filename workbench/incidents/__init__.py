"""What goes wrong and who is told: the rules of detection, the notices, and their way out by mail."""

from workbench.incidents.detection import Alert, Detector, alerts
from workbench.incidents.mail import Mailer
from workbench.incidents.mail_faults import DeliveryError
from workbench.incidents.notices import TEMPLATES, Letter, NoticeName, Template, letter, notices_of
from workbench.incidents.outbox import DEAD_LETTER_EVENT, Outbox
from workbench.incidents.pending import MemoryOutbox, OutboxStore, PendingNotice
from workbench.incidents.rules import RULES, Rule
from workbench.incidents.signs import Sign

__all__ = [
    "DEAD_LETTER_EVENT",
    "RULES",
    "TEMPLATES",
    "Alert",
    "DeliveryError",
    "Detector",
    "Letter",
    "Mailer",
    "MemoryOutbox",
    "NoticeName",
    "Outbox",
    "OutboxStore",
    "PendingNotice",
    "Rule",
    "Sign",
    "Template",
    "alerts",
    "letter",
    "notices_of",
]
