"""What a kernel keeps after `kernel_hygiene`; in processes of their own, because a core limit can't be raised again."""

import subprocess
import sys

import pytest

SHELL = """
from IPython.core.interactiveshell import InteractiveShell
shell = InteractiveShell.instance()
shell.run_cell("first = 'kept'", store_history=True)
"""
HYGIENE = "from workbench.jupyter import kernel_hygiene\nkernel_hygiene()\nkernel_hygiene()\n"
LATER = """
shell.run_cell("second = 'canary'", store_history=True)
shell.history_manager.writeout_cache()
shell.history_manager.end_session()
"""


def run(program, *, home):
    environment = {"HOME": str(home), "IPYTHONDIR": str(home / ".ipython"), "PYTHONPATH": ":".join(sys.path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize(("hygiene", "is_kept"), [("", True), (HYGIENE, False)], ids=["without", "with"])
def test_cells_after_it_are_not_in_ipython_s_history(tmp_path, hygiene, is_kept):
    run(SHELL + hygiene + LATER, home=tmp_path)
    written = b"".join(path.read_bytes() for path in (tmp_path / ".ipython").rglob("history.sqlite*"))
    assert (b"canary" in written) is is_kept


def test_a_crash_leaves_no_core_file(tmp_path):
    limits = "import resource\nprint(resource.getrlimit(resource.RLIMIT_CORE))"
    assert run(HYGIENE + limits, home=tmp_path).strip() == "(0, 0)"


def test_outside_ipython_it_is_harmless_and_loads_nothing(tmp_path):
    assert run(HYGIENE + "import sys\nprint('IPython' in sys.modules)", home=tmp_path).strip() == "False"
