"""Code that mypy must refuse: the lines marked ``# refused: code``, and no other, as `test_stages` checks.

The stages of the flow have types so that the wrong order can't be written, such as a raw prompt to a model.
"""

from collections.abc import AsyncIterator

from workbench.generation import Claude, Model
from workbench.records import Completion, Minimised, Outgoing, Prompt, Turn


def a_model_takes_only_minimised_text(model: Model, prompt: Prompt, minimised: Minimised) -> None:
    model.stream(minimised)
    model.outgoing(minimised, form="haiku")
    model.stream("A poem for Mary")  # refused: arg-type
    model.stream(prompt)  # refused: arg-type
    model.stream(prompt.text)  # refused: arg-type
    model.outgoing("A poem for Mary")  # refused: arg-type


def what_is_made_from_minimised_text_is_not_minimised(model: Model, minimised: Minimised) -> None:
    model.stream(minimised + " for Mary")  # refused: arg-type
    model.stream(f"{minimised}, for Mary")  # refused: arg-type
    model.stream(minimised[1:])  # refused: arg-type
    model.stream(minimised.upper())  # refused: arg-type
    model.stream(minimised.text)  # refused: arg-type
    model.stream(str(minimised))  # refused: arg-type


async def claude_is_as_strict_as_its_protocol(claude: Claude, minimised: Minimised) -> AsyncIterator[str]:
    model: Model = claude
    model.stream(minimised)
    await claude.count_tokens(minimised)
    claude.stream("A poem for Mary")  # refused: arg-type
    await claude.count_tokens("A poem for Mary")  # refused: arg-type
    async for piece in claude.stream(minimised):
        yield piece


def an_answer_is_not_sent_again_unseen(model: Model, completion: Completion, turn: Turn) -> None:
    model.stream(turn.minimised)
    model.stream(completion.text)  # refused: arg-type
    model.stream(turn.text)  # refused: arg-type
    model.stream(turn)  # refused: arg-type


def what_is_shown_is_minimised_too() -> Outgoing:
    return Outgoing(destination="h", model="m", system="s", text="A poem for Mary")  # refused: arg-type


def stages_are_frozen(minimised: Minimised, prompt: Prompt) -> None:
    prompt.text = "changed"  # refused: misc
    minimised.text = "changed"  # refused: misc
