"""One private event loop in a daemon thread: streaming goes on while the kernel's own loop is busy.

The loop is silent: what runs on it reports through its future, never by printing, because Jupyter would write a print
from here into whichever cell ran last (and so into the notebook's file).
"""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from functools import cache
from typing import Any, TypeVar

Result = TypeVar("Result")


@cache
def _loop() -> asyncio.AbstractEventLoop:
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda _loop, _context: None)
    threading.Thread(target=loop.run_forever, name="workbench", daemon=True).start()
    return loop


def run_soon(coroutine: Coroutine[Any, Any, Result]) -> Future[Result]:
    """Start a coroutine on the private loop, from any thread, and return its future."""
    return asyncio.run_coroutine_threadsafe(coroutine, _loop())


def run(coroutine: Coroutine[Any, Any, Result]) -> Result:
    """Run a coroutine on the private loop and wait for it; an interrupt cancels it and waits for its clean-up."""
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
