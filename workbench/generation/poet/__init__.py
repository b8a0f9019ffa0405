"""The offline poet's craft: a bank of lines, the words of a topic, and a solver that fits them to a form."""

from workbench.generation.poet.bank import KIT_VERSION, kit_sha256
from workbench.generation.poet.compose import MASTERED, compose
from workbench.generation.poet.topic import commission

__all__ = ["KIT_VERSION", "MASTERED", "commission", "compose", "kit_sha256"]
