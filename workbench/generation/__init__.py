"""Text from a model: Claude through the one hardened client, and the offline poet."""

from workbench.generation.claude import Claude
from workbench.generation.model import Model, Reply
from workbench.generation.models import DEFAULT_BASE_URL, DEFAULT_MODEL, SUGGESTED_MODELS, is_claude
from workbench.generation.offline_poet import OfflinePoet

__all__ = [
    "DEFAULT_BASE_URL",
    "DEFAULT_MODEL",
    "SUGGESTED_MODELS",
    "Claude",
    "Model",
    "OfflinePoet",
    "Reply",
    "is_claude",
]
