import re

import pytest

from workbench.widgets.modules import STATIC, STYLESHEET, module

PANELS = ["account_panel", "history_browser", "prompt_panel", "sign_in_panel"]


@pytest.mark.parametrize("name", PANELS)
def test_a_module_is_the_shared_helpers_and_one_panel_that_renders(name):
    source = module(name)
    assert source.count("export default { render };") == 1
    assert source.index("function openPanel") < source.index("function render")
    assert "import " not in source


@pytest.mark.parametrize("path", sorted(STATIC.iterdir()), ids=lambda path: path.name)
def test_nothing_is_fetched_from_elsewhere_and_nothing_is_stored_in_the_browser(path):
    source = path.read_text().replace("http://www.w3.org/2000/svg", "")
    elsewhere = r"https?:|@import|url\(|fetch\(|XMLHttpRequest|WebSocket"
    stored = r"localStorage|sessionStorage|indexedDB|document\.cookie"
    assert not re.search(f"{elsewhere}|{stored}|innerHTML|eval\\(", source)


@pytest.mark.parametrize("name", PANELS)
def test_every_text_control_keeps_its_words_from_the_browser(name):
    """Each is made with PRIVATE: autocomplete=off on the control itself, because on its form Firefox ignores it.

    Masked passphrases take that back: password managers may fill them (A07, tests/browser/test_views.py).
    """
    source = (STATIC / f"{name}.js").read_text() + (STATIC / "shared.js").read_text()
    controls = re.findall(r'make\("(?:input|textarea)", \{([^}]*)', source)
    assert controls
    assert all("...PRIVATE" in control for control in controls)
    assert re.search(r'PRIVATE = \{\s*autocomplete: "off"', source)
    assert 'spellcheck: "false"' in source


def test_colours_are_the_theme_s():
    """White on the accepting and the warning colour is Lab's own pair, for which no theme has a variable."""
    rules = re.sub(r"/\*.*?\*/", "", STYLESHEET.read_text(), flags=re.DOTALL)
    assert not re.search(r"#[0-9a-fA-F]{3,8}\b|rgba?\(|hsla?\(", rules)
    assert re.findall(r"color: (white|black|grey|red|blue)", rules) == ["white", "white"]
