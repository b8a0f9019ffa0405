"""A QR code to be drawn: a way to carry a secret to a phone that touches neither the disk nor the network."""

import io
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

    @property
    def svg(self) -> str:
        """The drawing as inline SVG, black on white. No notebook shows it by itself: outputs are saved."""
        frame = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.size} {self.size}" role="img">'
        return f'{frame}<path fill="#fff" d="M0 0h{self.size}v{self.size}H0z"/><path d="{self.path}"/></svg>'


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


def terminal_qr_code(text: str) -> str:
    """Return the QR code of a text in half blocks, two modules a line, for a terminal; dark on light."""
    import segno  # noqa: PLC0415 - only enrolment needs it

    drawing = io.StringIO()
    segno.make(text, error="m", micro=False).terminal(drawing, border=QUIET_ZONE, compact=True)
    return drawing.getvalue()
