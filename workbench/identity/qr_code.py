"""A QR code to be drawn: a way to carry a secret to a phone that touches neither the disk nor the network."""

from dataclasses import dataclass, field

QUIET_ZONE = 4  # modules of white around the code; ISO/IEC 18004, section 6.3.8


@dataclass(frozen=True, slots=True)
class QrCode:
    """One code, as a drawing.

    Draw it black on white, whatever the theme: inverted codes aren't read by every phone.

    Parameters
    ----------
    size : int
        Width and height in modules, the quiet zone included.
    path : str
        SVG path data of the dark modules, a unit each.
    """

    size: int
    path: str = field(repr=False)


def qr_code(text: str) -> QrCode:
    """Return the QR code of a text (ISO/IEC 18004, error correction M)."""
    import segno  # noqa: PLC0415 - only enrolment needs it

    rows = tuple(segno.make(text, error="m", micro=False).matrix_iter(border=QUIET_ZONE))
    return QrCode(len(rows), "".join(_runs(tuple(row), top) for top, row in enumerate(rows)))


def _runs(row: tuple[int, ...], top: int) -> str:
    """Return the path of one row's dark modules, joined to runs."""
    path, left = "", 0
    while left < len(row):
        if not row[left]:
            left += 1
            continue
        right = left
        while row[right]:  # the quiet zone ends every run
            right += 1
        path += f"M{left} {top}h{right - left}v1h-{right - left}z"
        left = right
    return path
