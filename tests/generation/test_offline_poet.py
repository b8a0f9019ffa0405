"""The offline poet: real verse, the same for the same seed, and honest about what it is."""

import asyncio
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.errors import DetectionError, GenerationError
from workbench.generation.offline_poet import OfflinePoet
from workbench.generation.poet import MASTERED, commission
from workbench.prosody import begins_with_vowel, scan
from workbench.records import Minimised

TOPICS = (
    *("the sea", "winter rain", "a toaster", "my grandmother", "quantum physics", "grief", "debugging Python at night"),
    *("two old cats", "the harbour", "machine learning", "jazz", "my garden", "autumn leaves", "Monday", "an umbrella"),
    *(
        "the library",
        "a data scientist",
        "waiting",
        "coffee",
        "the stars",
        "love",
        "hope",
        "children",
        "photosynthesis",
    ),
    *("a very long train journey", "the algorithms", "Jupyter notebooks", "our kitchen", "time", "nothing at all"),
)
PINNED = json.loads((Path(__file__).parent / "offline_poems.json").read_text(encoding="utf-8"))


async def written(prompt, *, form=None, seed=None):
    reply = OfflinePoet().stream(Minimised(prompt), form=form, seed=seed)
    pieces = [piece async for piece in reply]
    assert "".join(pieces) == reply.completion().text
    return reply.completion()


def poem(prompt, **options):
    return asyncio.run(written(prompt, **options)).text


@pytest.mark.parametrize("form", MASTERED)
@pytest.mark.parametrize("topic", TOPICS)
def test_every_poem_fits_its_form(form, topic):
    text = poem(f"Write about {topic}", form=form, seed=5)
    assert scan(text, form=form).misfits == ()
    for article, following in re.findall(r"\b([Aa]n?) (\w+)", text):
        assert (article.lower() == "an") is begins_with_vowel(following)
    assert not re.search(r"[{}<>\[\]|]", text)


@pytest.mark.parametrize("pinned", PINNED, ids=lambda pinned: f"{pinned['form']}-{pinned['seed']}")
def test_same_prompt_form_and_seed_give_the_same_poem(pinned):
    """A change here means another kit: raise KIT_VERSION, and pin again."""
    assert poem(pinned["prompt"], form=pinned["form"], seed=pinned["seed"]) == pinned["text"]


def test_the_hash_seed_changes_nothing():
    program = (
        "import asyncio, hashlib\n"
        "from workbench.generation.offline_poet import OfflinePoet\n"
        "from workbench.records import Minimised\n"
        "async def all_of(reply): return ''.join([piece async for piece in reply])\n"
        "poet, digest = OfflinePoet(), hashlib.sha256()\n"
        "for form in ('haiku', 'couplet', 'limerick', 'quatrain', 'sonnet'):\n"
        "    reply = poet.stream(Minimised('winter rain in the city'), form=form, seed=3)\n"
        "    digest.update(asyncio.run(all_of(reply)).encode())\n"
        "print(digest.hexdigest())\n"
    )
    root = str(Path(__file__).parents[2])
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | {"PYTHONHASHSEED": seed, "PYTHONPATH": root},
            capture_output=True,
            check=True,
        ).stdout.strip()
        for seed in ("1", "2")
    }
    here = hashlib.sha256()
    for form in ("haiku", "couplet", "limerick", "quatrain", "sonnet"):
        here.update(poem("winter rain in the city", form=form, seed=3).encode())
    assert digests == {here.hexdigest().encode()}


def test_another_seed_gives_another_poem_and_no_seed_is_zero():
    assert len({poem("the sea", form="quatrain", seed=seed) for seed in range(10)}) == 10
    assert poem("the sea", form="quatrain") == poem("the sea", form="quatrain", seed=0)


def test_a_person_gets_the_dedication_and_no_placeholder_enters_the_verse():
    text = poem("A couplet for PERSON_1 and PERSON_2 about EMAIL_1, CREDIT_CARD_1 and the sea", seed=2)
    dedication, empty, *lines = text.splitlines()
    assert dedication == "for PERSON_1 and PERSON_2"
    assert empty == ""
    assert not re.search(r"_\d|email|credit|person", "\n".join(lines), re.IGNORECASE)
    assert scan(text, form="couplet").fits


@pytest.mark.parametrize(
    ("prompt", "form"),
    [("Write a haiku about rain", "haiku"), ("three limericks, please", "limerick"), ("about the sea", "couplet")],
)
def test_without_a_form_the_prompt_names_it_or_a_couplet_comes(prompt, form):
    completion = asyncio.run(written(prompt))
    assert completion.provenance["form"] == form
    assert scan(completion.text, form=form).fits


@pytest.mark.parametrize("form", ["free-verse", "prose"])
def test_what_it_has_not_mastered_it_says_in_one_line(form):
    completion = asyncio.run(written("the sea", form=form))
    assert completion.stop_reason == "refusal"
    assert "\n" not in completion.text
    assert all(name in completion.text for name in MASTERED)


def test_an_unknown_form_is_refused_with_a_remedy():
    with pytest.raises(GenerationError) as refusal:
        OfflinePoet().stream(Minimised("the sea"), form="sestina")
    assert "sonnet" in refusal.value.remedy


@pytest.mark.parametrize("call", [OfflinePoet().stream, OfflinePoet().outgoing])
def test_text_that_was_not_minimised_is_refused(call):
    with pytest.raises(DetectionError):
        call("the sea")


def test_a_whole_poem_says_who_wrote_it():
    completion = asyncio.run(written("the sea", form="haiku", seed=7))
    assert completion.model == "offline-poet"
    assert completion.label == "offline poet, not Claude"
    assert completion.stop_reason == "end_turn"
    assert (completion.usage.input_tokens, completion.usage.output_tokens) == (0, 0)
    assert set(completion.provenance) == {"kit", "kit_sha256", "seed", "form"}
    assert completion.provenance["seed"] == "7"


def test_a_cancelled_poem_keeps_what_had_come():
    async def cut():
        reply = OfflinePoet().stream(Minimised("the sea"), form="sonnet", seed=1)
        seen = []

        async def read():
            async for piece in reply:
                seen.append(piece)
                if len(seen) == 5:
                    asyncio.current_task().cancel()

        with pytest.raises(asyncio.CancelledError):
            await asyncio.create_task(read())
        return reply.completion(), seen

    completion, seen = asyncio.run(cut())
    assert completion.stop_reason is None
    assert completion.text == "".join(seen)
    assert poem("the sea", form="sonnet", seed=1).startswith(completion.text)


def test_what_goes_out_stays_on_this_machine():
    prompt = Minimised("the sea")
    outgoing = OfflinePoet().outgoing(prompt, form="haiku")
    assert outgoing.destination == "this machine"
    assert outgoing.text is prompt
    assert outgoing.model == "offline-poet"


@pytest.mark.parametrize(
    ("prompt", "phrase", "determiner", "kind"),
    [
        ("A haiku on winter rain", "winter rain", "the", "mass"),
        ("limerick about a data scientist", "data scientist", "the", "count"),
        ("Write a sonnet about my grandmother", "grandmother", "my", "count"),
        ("An ode to the old stars", "stars", "the", "plural"),
        ("a poem about Paris in spring", "Paris", "", "mass"),
    ],
)
def test_the_topic_is_read_from_the_prompt(prompt, phrase, determiner, kind):
    topic = commission(prompt).topic
    assert (topic.phrase, topic.determiner, topic.kind) == (phrase, determiner, kind)


def test_a_prompt_that_names_nothing_still_gets_a_poem():
    for prompt in ("", "poem", "PERSON_1", "1234 !!", "\N{SNOWMAN}"):
        assert scan(poem(prompt, form="quatrain"), form="quatrain").fits
