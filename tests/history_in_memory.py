"""A history for tests of search: rows and a cache in memory, with faults that a test can set."""

import threading
from dataclasses import dataclass, field

from workbench.errors import StoreError
from workbench.storage import CachedBody, Document


def document(place, prompt="", reply="", *, created=None, model="m", form=""):
    """Return one turn; its id is its place."""
    moment = float(place) if created is None else created
    return Document(place, place.to_bytes(16, "big"), moment, model, form, prompt, reply)


@dataclass
class MemoryCache:
    """Sealed shards, without the seal."""

    bodies: dict[int, CachedBody] = field(default_factory=dict)
    is_read_only: bool = False
    dropped: list[int] = field(default_factory=list)

    def load(self):
        yield from [self.bodies[first] for first in sorted(self.bodies, reverse=True)]

    def store(self, *, first, last, count, body):
        if self.is_read_only:
            raise StoreError("The store is read-only.")
        self.bodies[first] = CachedBody(first, last, count, body)

    def drop(self, *, first):
        if self.is_read_only:
            raise StoreError("The store is read-only.")
        self.dropped.append(first)
        self.bodies.pop(first, None)


class MemoryRows:
    """Turns by place; `damaged` ones live but can't be read. It refuses while `fault` is set."""

    def __init__(self, documents=()):
        self.by_place = {document.place: document for document in documents}
        self.damaged = set()
        self.read = 0
        self.fault = None
        self.may_go_on = threading.Event()
        self.may_go_on.set()
        self.is_waiting = threading.Event()

    def write(self, *documents):
        self.by_place |= {document.place: document for document in documents}

    def erase(self, place):
        del self.by_place[place]

    def newest(self):
        return max(self.by_place.copy(), default=0)

    def living(self, *, first, last):
        return sum(first <= place <= last for place in self.by_place.copy())

    def documents(self, *, after, limit):
        left = limit
        for place, turn in sorted(self.by_place.copy().items()):
            if place > after and place not in self.damaged and left:
                if not self.may_go_on.is_set():
                    self.is_waiting.set()
                    self.may_go_on.wait(10)
                if self.fault is not None:
                    raise self.fault
                left -= 1
                self.read += 1
                yield turn
