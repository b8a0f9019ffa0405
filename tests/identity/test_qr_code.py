import re

import segno
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.identity import Enrolment
from workbench.identity.qr_code import qr_code
from workbench.identity.recovery_codes import new_recovery_codes


def drawn(code):
    """Return the dark modules of a drawing."""
    runs = re.findall(r"M(\d+) (\d+)h(\d+)v1h-(\d+)z", code.path)
    assert "".join(f"M{x} {y}h{w}v1h-{v}z" for x, y, w, v in runs) == code.path
    return {(int(x) + step, int(y)) for x, y, width, _ in runs for step in range(int(width))}


@settings(max_examples=20)
@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=200))
def test_a_drawing_has_exactly_the_modules_of_the_code(text):
    """That a phone reads them is segno's own promise."""
    code = qr_code(text)
    matrix = list(segno.make(text, error="m", micro=False).matrix_iter(border=4))
    assert code.size == len(matrix)
    assert drawn(code) == {(x, y) for y, row in enumerate(matrix) for x, dark in enumerate(row) if dark}


def test_it_holds_every_recovery_code_and_shows_none():
    enrolment = Enrolment(new_recovery_codes())
    assert enrolment.qr_code() == qr_code("\n".join(enrolment.recovery_codes))
    assert enrolment.qr_code().path not in repr(enrolment.qr_code())
