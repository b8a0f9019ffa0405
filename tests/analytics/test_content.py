import pandas as pd
import pytest

from workbench.analytics import ContentFrame, content_frame

COLUMNS = {"id": "str", "prompt": "str", "text": "str", "entities": "int64"}
CANARY = "canarywords"


@pytest.fixture
def frame():
    return content_frame([("1", CANARY, f"{CANARY} again", 2), ("2", "b", "c", 0)], columns=COLUMNS)


def representations(shown):
    yield repr(shown)
    yield str(shown)
    for name in ("_repr_html_", "_repr_latex_", "_repr_data_resource_", "_repr_json_"):
        show = getattr(shown, name, None)
        if show:
            yield str(show())


def test_the_words_are_there_for_whoever_asks(frame):
    assert frame["prompt"].iloc[0] == CANARY
    assert frame.loc[0, "text"] == f"{CANARY} again"
    assert list(frame.columns) == list(COLUMNS)


def test_what_a_notebook_would_save_shows_lengths(frame):
    assert "<11 characters>" in repr(frame)
    derived = [
        frame,
        frame.head(1),
        frame[frame.entities > 0],
        frame[["prompt"]],
        frame.sort_values("prompt"),
        frame["prompt"],
        frame.prompt.head(1),
        frame.iloc[0],
        frame.T,
        frame.set_index("prompt"),
        frame.groupby("prompt").sum(numeric_only=True),
        frame.rename(columns={"prompt": "anything"}),
        frame["text"].str.upper(),
        frame.set_index("prompt").iloc[0],
        frame.describe(include="all"),
        frame["prompt"].describe(),
        frame["prompt"].value_counts(),
        frame.groupby("id").agg(list),
        frame["text"].str.split(),
        frame["text"].str.encode("utf-8"),
        frame.melt(id_vars="id"),
        frame.pivot_table(index="id", columns="prompt", values="entities"),
    ]
    shown = [text for item in derived for text in representations(item)]
    assert not [text for text in shown if CANARY in text.lower()]


def test_an_empty_frame_keeps_its_columns_and_types():
    empty = content_frame([], columns=COLUMNS)
    assert list(empty.columns) == list(COLUMNS)
    assert empty["entities"].dtype == "int64"
    assert "prompt" in repr(empty)


def test_it_is_a_frame_like_any_other(frame):
    assert isinstance(frame, pd.DataFrame)
    assert isinstance(frame.copy(), ContentFrame)
    assert frame.entities.sum() == 2


def test_a_lone_surrogate_is_kept_and_shown_as_an_escape_where_words_are_shown():
    frame = content_frame([("1\ud800", CANARY, CANARY + "\ud800", 2)] * 2, columns=COLUMNS)
    assert frame["text"].tolist() == [CANARY + "\ud800"] * 2
    assert frame["text"].dtype == "str"
    derived = [
        frame,
        frame["id"],
        frame.iloc[0],
        frame.T,
        frame.set_index("id"),
        frame.groupby("id").size(),
        frame.melt(),
    ]
    shown = [text for item in derived for text in representations(item)]
    assert not [text for text in shown if CANARY in text.lower()]
    assert r"1\ud800" in repr(frame.iloc[0])
