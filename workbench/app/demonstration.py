"""The main job on a file of prompts, and the proof that no word of it stands in the store's bytes."""

import csv
import io
import re
import time
from collections.abc import AsyncGenerator, Iterable, Iterator
from dataclasses import dataclass, field
from importlib import resources
from pathlib import Path

from workbench.app.session import Session
from workbench.errors import StoreError
from workbench.generation import Model, Reply
from workbench.prosody import FORMS
from workbench.records import Completion, Minimised, Outgoing, Turn

SHORTEST_WORD = 6  # letters; shorter ones stand in random bytes by chance (a megabyte holds most 3-letter words)


@dataclass(frozen=True, slots=True)
class Example:
    """A prompt of the file, and the form that it asks for."""

    text: str = field(repr=False)
    form: str | None = None


def read_prompts(path: Path | None) -> list[Example]:
    """Return the prompts of a file, or the bundled dozen.

    Parameters
    ----------
    path : Path, optional
        CSV with a column ``prompt`` (and perhaps ``form``), or text with a prompt a line.

    Raises
    ------
    StoreError
        When the file can't be read, holds no prompt, or asks for a form that isn't in `workbench.prosody.FORMS`. The
        whole file is read before the first prompt is sent.
    """
    source = _source(path)
    if path is None or path.suffix.lower() == ".csv":
        examples = _examples_of_table(source)
    else:
        # Not splitlines(): it also cuts at U+2028 and form feeds, which may stand inside a prompt.
        lines = (line.rstrip("\r") for line in source.split("\n"))
        examples = [Example(line) for line in lines if line.strip()]
    if not examples:
        raise StoreError("The file holds no prompt.", remedy="Give one prompt a line.")
    return examples


def _source(path: Path | None) -> str:
    """Return the file's text with its line ends as they are."""
    file = resources.files("workbench.app").joinpath("prompts.csv") if path is None else path
    try:
        return file.read_bytes().decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        problem = type(error).__name__
    # Raised out here: a UnicodeDecodeError carries the whole file.
    raise StoreError(f"The file of prompts can't be read ({problem}).", remedy="Name a CSV or text file in UTF-8.")


def _examples_of_table(source: str) -> list[Example]:
    """Return the prompts of a CSV, once every form in it is known to be one."""
    rows = csv.DictReader(io.StringIO(source, newline=""), strict=True)
    examples = []
    try:
        if "prompt" not in (rows.fieldnames or ()):
            raise StoreError("The file has no column 'prompt'.", remedy="Name the column of prompts 'prompt'.")
        for row in rows:
            if not (row["prompt"] or "").strip():
                continue
            form = (row.get("form") or "").strip() or None
            if form is not None and form not in FORMS:
                raise StoreError(
                    f"Line {rows.line_num} of the file asks for a form that there isn't; nothing was sent.",
                    remedy=f"Choose from: {', '.join(FORMS)}; or leave the form empty.",
                )
            examples.append(Example(row["prompt"], form))
    except csv.Error:
        raise StoreError(
            f"Line {rows.reader.line_num} of the file isn't CSV that can be read; nothing was sent.",
            remedy="Put a field that holds quotes, commas or line ends in double quotes, and double the quotes in it "
            f"(RFC 4180); a field holds at most {csv.field_size_limit():,} characters.",
        ) from None
    return examples


class Timed:
    """A model that also tells how long it was waited for.

    Parameters
    ----------
    model : Model
        The model that answers.
    """

    def __init__(self, model: Model) -> None:
        self._model = model
        self.seconds = 0.0

    @property
    def name(self) -> str:
        """The model's id."""
        return self._model.name

    @property
    def label(self) -> str:
        """Who writes."""
        return self._model.label

    def outgoing(self, prompt: Minimised, *, form: str | None = None) -> Outgoing:
        """Return what the model would be given."""
        return self._model.outgoing(prompt, form=form)

    def stream(self, prompt: Minimised, *, form: str | None = None, seed: int | None = None) -> Reply:
        """Start an answer and time it."""
        return _TimedReply(self, self._model.stream(prompt, form=form, seed=seed))


class _TimedReply:
    """A reply whose waiting is added to its model's seconds."""

    def __init__(self, timed: Timed, reply: Reply) -> None:
        self._timed = timed
        self._reply = reply

    async def __aiter__(self) -> AsyncGenerator[str, None]:
        pieces = self._reply.__aiter__()
        try:
            while True:
                began = time.perf_counter()
                try:
                    piece = await anext(pieces)
                except StopAsyncIteration:
                    return
                finally:
                    self._timed.seconds += time.perf_counter() - began
                yield piece
        finally:
            await pieces.aclose()

    def completion(self) -> Completion:
        return self._reply.completion()


def run(session: Session, examples: Iterable[Example]) -> Iterator[tuple[Turn, float]]:
    """Send each prompt through the whole slice; yield each turn and the milliseconds it took without the model."""
    timed = Timed(session.model)
    session.use_model(timed)
    for example in examples:
        before, began = timed.seconds, time.perf_counter()
        turn = session.ask(example.text, form=example.form)
        taken = time.perf_counter() - began - (timed.seconds - before)
        yield turn, taken * 1000


def words_of(turns: Iterable[Turn]) -> set[str]:
    """Return every word of six letters or more that was typed, sent or read."""
    words: set[str] = set()
    for turn in turns:
        for text in (turn.prompt.text, turn.minimised.text, turn.text):
            words.update(re.findall(rf"[^\W\d_]{{{SHORTEST_WORD},}}", text))
    return words


def words_in_bytes(words: Iterable[str], stored: bytes) -> set[str]:
    """Return those words that stand in the bytes, in UTF-8 or UTF-16."""
    letters = b"\x00".join(re.findall(rb"[A-Za-z]{%d,}" % SHORTEST_WORD, stored))
    wide = b"\x00".join(re.findall(rb"(?:[A-Za-z]\x00){%d,}" % SHORTEST_WORD, stored))
    return {
        word
        for word in words
        if word.encode() in (letters if word.isascii() else stored)
        or word.encode("utf-16-le") in (wide if word.isascii() else stored)
    }


def bytes_of_store(path: Path) -> bytes:
    """Return every byte of a store: its file, its write-ahead log and its shared memory."""
    return b"".join(file.read_bytes() for file in sorted(path.parent.glob(path.name + "*")))
