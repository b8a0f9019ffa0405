"""Find personal data, replace it with numbered placeholders, put it back."""

from workbench.privacy.detect import detect
from workbench.privacy.pseudonyms import minimise
from workbench.privacy.restore import Restorer, restore

__all__ = ["Restorer", "detect", "minimise", "restore"]
