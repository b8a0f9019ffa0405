"""One private event loop in a daemon thread: streaming goes on while the kernel's own loop is busy.

The loop is silent: what runs on it reports through its future, never by printing, because Jupyter would write a print
from here into whichever cell ran last (and so into the notebook's file).
"""

import asyncio
import os
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from functools import cache
from typing import Any, TypeVar

from workbench.errors import InputError

Result = TypeVar("Result")
THREAD = "workbench"


@cache
def _loop(_process: int) -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda _loop, _context: None)
    threading.Thread(target=loop.run_forever, name=THREAD, daemon=True).start()
    return loop


def run_soon(coroutine: Coroutine[Any, Any, Result]) -> Future[Result]:
    """Start a coroutine on the private loop, from any thread, and return its future."""
    # A forked child has the loop but not its thread, and so gets a loop of its own.
    return asyncio.run_coroutine_threadsafe(coroutine, _loop(os.getpid()))


def run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine on the private loop and wait for it; an interrupt cancels it and waits for its clean-up.

    Raises
    ------
    InputError
        When it is called from the private loop itself, for which it would wait for ever.
    """
    if threading.current_thread().name == THREAD:
        coroutine.close()
        raise InputError(
            "A reply can't be waited for where replies are made.", remedy="Use 'async for piece in session.stream(…)'."
        )
    ended = threading.Event()

    async def watched() -> Result:
        try:
            return await coroutine
        finally:
            ended.set()

    future = run_soon(watched())
    try:
        return future.result()
    except BaseException:
        if not future.done():
            future.cancel()
            ended.wait(timeout=5)  # a partial reply is sealed before the interrupt goes on
        raise
