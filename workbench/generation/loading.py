"""Loads the one way out when it is first needed: the SDK behind it takes two seconds, which no import should cost."""

import asyncio
from types import ModuleType


async def load_transport() -> ModuleType:
    """Return `workbench.generation.transport`; the first time, it is loaded in a thread beside the event loop."""

    def load() -> ModuleType:
        from workbench.generation import transport  # noqa: PLC0415 - loads the SDK, on first use

        return transport

    return await asyncio.to_thread(load)
