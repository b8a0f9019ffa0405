import threading

from workbench.widgets.latest import Latest


def test_while_one_job_runs_only_the_newest_of_the_others_follows():
    latest, done, may_go, started, ended = Latest(), [], threading.Event(), threading.Event(), threading.Event()

    def first():
        started.set()
        assert may_go.wait(10)
        done.append("first")

    latest.give(first)
    assert started.wait(10)
    latest.give(lambda: done.append("second"))
    latest.give(lambda: (done.append("third"), ended.set()))
    may_go.set()
    assert ended.wait(10)
    assert done == ["first", "third"]


def test_a_job_that_is_forgotten_while_it_waits_does_not_run():
    latest, done, may_go, started, ended = Latest(), [], threading.Event(), threading.Event(), threading.Event()
    latest.give(lambda: (started.set(), may_go.wait(10)))
    assert started.wait(10)
    latest.give(lambda: done.append("forgotten"))
    latest.forget()
    may_go.set()
    latest.give(ended.set)
    assert ended.wait(10)
    assert done == []
