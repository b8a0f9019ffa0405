"""Run every lesson anew and save what it prints, without widget state: ``make lessons``.

Panels leave their plain representation only: a view of a panel whose kernel is gone would show as an error when the
lesson is opened.
"""

from pathlib import Path

import nbformat
from nbclient import NotebookClient

FOLDER = Path(__file__).parent
VIEW = "application/vnd.jupyter.widget-view+json"


def renew(path: Path) -> None:
    """Run one notebook and write it back."""
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, store_widget_state=False, resources={"metadata": {"path": str(FOLDER)}}).execute()
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for cell in notebook.cells:
        cell.metadata.clear()
        for output in cell.get("outputs", ()):
            output.get("data", {}).pop(VIEW, None)
            output.get("metadata", {}).clear()
    nbformat.write(notebook, path)


if __name__ == "__main__":
    for lesson in sorted(FOLDER.glob("*.ipynb")):
        renew(lesson)
