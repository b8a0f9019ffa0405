import asyncio
import gc
import threading

import pytest

from workbench.app import background


def test_a_result_and_an_error_come_back():
    async def answer():
        return 42

    async def fail():
        raise KeyError("no")

    assert background.run(answer()) == 42
    with pytest.raises(KeyError):
        background.run(fail())


def test_everything_runs_on_one_thread_that_is_not_the_callers():
    async def where():
        return threading.current_thread()

    first, second = background.run(where()), background.run_soon(where()).result()
    assert first is second
    assert first is not threading.current_thread()
    assert first.daemon


def test_an_interrupt_cancels_and_waits_for_the_clean_up(monkeypatch):
    cleaned, started = threading.Event(), threading.Event()

    async def long():
        started.set()
        try:
            await asyncio.sleep(60)
        finally:
            await asyncio.sleep(0.05)
            cleaned.set()

    real = background.run_soon

    def interrupted(coroutine):
        future = real(coroutine)

        def result():
            started.wait()
            raise KeyboardInterrupt

        monkeypatch.setattr(future, "result", result)
        return future

    monkeypatch.setattr(background, "run_soon", interrupted)
    with pytest.raises(KeyboardInterrupt):
        background.run(long())
    assert cleaned.is_set()


def test_a_failing_task_prints_nothing(capfd):
    """Jupyter would write it into whichever cell ran last."""

    async def leave_a_failing_task():
        asyncio.ensure_future(_fail())  # noqa: RUF006 - nobody waits for it, which is the point
        await asyncio.sleep(0.01)

    async def _fail():
        raise ValueError("canary")

    background.run(leave_a_failing_task())
    gc.collect()
    assert capfd.readouterr() == ("", "")
