"""What a benchmark found: a table for people, one JSON object for programs."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from workbench.benchmark.timing import Timing

OURS = "ours"
_HEADING = (
    f"  {'':<12}{'count':>8}{'p50 ms':>12}{'mean ms':>12}{'x p50':>9}{'x total':>9}{'x cpu':>9}"
    "   (x total of single blocks)"
)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One thing that several subjects did in the same blocks.

    Parameters
    ----------
    key : str
        Names its members in the JSON: ``<key>_ratio`` is our total time over that of plaintext, ``<key>_p50_ratio`` our
        median over its, ``<key>_cpu_ratio`` our processor time; with ``_<peer>`` behind it, the same of a peer.
    title : str
        The same for people.
    timings : tuple of Timing
        The plain peer first.
    aim : float, optional
        The highest ratio of our total time that the design allows.
    """

    key: str
    title: str
    timings: tuple[Timing, ...]
    aim: float | None = None

    def members(self) -> dict[str, float]:
        """Return the ratios by their names in the JSON."""
        members = {}
        for timing in self.timings[1:]:
            whose = "" if timing.subject == OURS else f"_{timing.subject}"
            members[f"{self.key}_ratio{whose}"] = timing.ratio
            members[f"{self.key}_p50_ratio{whose}"] = timing.p50_ratio
            members[f"{self.key}_cpu_ratio{whose}"] = timing.cpu_ratio
        return members

    def lines(self) -> list[str]:
        """Return the lines of the table."""
        lines = [self.title]
        for timing in self.timings:
            aim = f"   at most {self.aim:g}" if self.aim and timing.subject == OURS else ""
            times = f"{timing.p50 * 1000:>12.3f}{timing.mean * 1000:>12.3f}"
            ratios = f"{timing.p50_ratio:>9.2f}{timing.ratio:>9.2f}{timing.cpu_ratio:>9.2f}"
            spread = f"   ({timing.lowest:.2f} to {timing.highest:.2f})"
            lines.append(f"  {timing.subject:<12}{timing.count:>8}{times}{ratios}{spread}{aim}")
        return lines


@dataclass(frozen=True, slots=True)
class Figure:
    """One number.

    Parameters
    ----------
    key : str
        Its name in the JSON.
    title : str
        The same for people.
    value : float
        In the unit that the key ends with.
    aim : float, optional
        The highest value that the design allows.
    """

    key: str
    title: str
    value: float
    aim: float | None = None

    def line(self) -> str:
        """Return the line of the table."""
        aim = f"   (at most {self.aim:g})" if self.aim else ""
        return f"{self.title:<60}{self.value:>12.4g}{aim}"


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that one run found.

    Parameters
    ----------
    benchmark : str
        Its name.
    facts : Mapping of str to str or int
        The machine, the versions and the sizes.
    comparisons, figures : tuple
        What was measured.
    notes : tuple of str
        What wasn't, and why; sentences.
    """

    benchmark: str
    facts: Mapping[str, str | int]
    comparisons: tuple[Comparison, ...]
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = field(default=())

    def as_json(self) -> dict[str, Any]:
        """Return one object: a member for each figure, and all timings in seconds under ``"timings"``."""
        members: dict[str, Any] = {"benchmark": self.benchmark, **self.facts}
        for comparison in self.comparisons:
            members |= comparison.members()
        members |= {figure.key: figure.value for figure in self.figures}
        timings = {comparison.key: [asdict(timing) for timing in comparison.timings] for comparison in self.comparisons}
        return {**members, "timings": timings, "notes": list(self.notes)}

    def as_text(self) -> str:
        """Return the table."""
        facts = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in self.facts.items())
        lines = [f"{self.benchmark}: {facts}", "", _HEADING]
        for comparison in self.comparisons:
            lines += comparison.lines()
        lines += ["", *(figure.line() for figure in self.figures)]
        if self.notes:
            lines += ["", *self.notes]
        return "\n".join(lines) + "\n"
