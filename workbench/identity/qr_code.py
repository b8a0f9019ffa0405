"""A QR code as inline SVG: a way to carry a secret to a phone that touches neither the disk nor the network."""


def qr_svg(text: str) -> str:
    """Return an SVG element that a phone's camera reads as `text` (ISO/IEC 18004, error correction M).

    Black on white with the quiet zone, whatever the theme: inverted codes aren't read everywhere.
    """
    import segno  # noqa: PLC0415 - only enrolment needs it

    svg: str = segno.make(text, error="m", micro=False).svg_inline(scale=3, border=4, dark="#000", light="#fff")
    return svg
