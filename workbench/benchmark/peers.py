"""Which peers are installed, and what to say of those that aren't."""

from importlib.metadata import version

from workbench.benchmark.llm_log import LlmLog
from workbench.benchmark.sqlcipher import SqlCipher
from workbench.benchmark.subjects import Subject

_LIBRARIES: dict[str, type[SqlCipher | LlmLog]] = {"sqlcipher3": SqlCipher, "llm": LlmLog}


def installed_peers() -> tuple[list[Subject], dict[str, str], list[str]]:
    """Return the peers that can be measured, their versions, and a sentence for each that is missing."""
    found: list[Subject] = []
    versions, missing = {}, []
    for library, kind in _LIBRARIES.items():
        try:
            found.append(kind())
        except ImportError:
            missing.append(f'{library} is not installed, so it was not measured: pip install "workbench[benchmark]".')
        else:
            versions[kind.name] = f"{library} {version(library)}"
    return found, versions, missing
