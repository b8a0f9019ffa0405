"""Rows of standings, on both engines."""

import threading

import pytest

from workbench.storage import StandingRows


@pytest.fixture
def rows(database):
    return StandingRows(database)


@pytest.fixture
def ada(make_owner):
    return make_owner().account_id


def test_each_change_takes_the_place_of_the_one_before(rows, ada):
    assert rows.find(ada) is None
    assert rows.write(ada, 1, b"first")
    assert rows.write(ada, 2, b"second")
    assert rows.find(ada) == (2, b"second")
    assert rows.all() == [(ada, 2, b"second")]


@pytest.mark.parametrize("serial", [1, 2, 4, 2**40])
def test_a_change_on_top_of_another_than_the_last_is_not_written(rows, ada, serial):
    for number in (1, 2):
        rows.write(ada, number, b"kept")
    assert not rows.write(ada, serial, b"late")
    assert rows.find(ada) == (2, b"kept")


def test_nothing_is_changed_that_is_not_there(rows, ada):
    assert not rows.write(ada, 2, b"second")
    assert rows.all() == []


def test_every_account_has_its_own(rows, make_owner):
    accounts = sorted(make_owner().account_id for _ in range(3))
    for number, account_id in enumerate(accounts):
        rows.write(account_id, 1, bytes((number,)))
    assert rows.all() == [(account_id, 1, bytes((number,))) for number, account_id in enumerate(accounts)]


def test_of_two_kernels_that_change_the_same_one_does(rows, ada, open_again):
    rows.write(ada, 1, b"first")
    kernels = [StandingRows(open_again()) for _ in range(2)]
    start, written = threading.Barrier(2), []

    def change(kernel, packed):
        start.wait()
        written.append(kernel.write(ada, 2, packed))

    threads = [threading.Thread(target=change, args=(kernel, bytes((n,)))) for n, kernel in enumerate(kernels)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(written) == [False, True]
    assert rows.find(ada)[0] == 2
