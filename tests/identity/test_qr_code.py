from xml.etree import ElementTree as ET

import segno

from workbench.identity import Enrolment
from workbench.identity.recovery_codes import new_recovery_codes


def test_the_code_is_an_svg_with_the_quiet_zone_and_no_script():
    enrolment = Enrolment(new_recovery_codes())
    svg = ET.fromstring(enrolment.qr_svg())  # noqa: S314 - our own
    assert svg.tag.endswith("svg")
    assert {element.tag.split("}")[-1] for element in svg.iter()} == {"svg", "g", "path"}
    assert enrolment.recovery_codes[0] not in enrolment.qr_svg()


def test_it_holds_every_recovery_code():
    """The same text gives the same modules; that a phone reads them is segno's own promise."""
    enrolment = Enrolment(new_recovery_codes())
    expected = segno.make("\n".join(enrolment.recovery_codes), error="m", micro=False)
    assert enrolment.qr_svg() == expected.svg_inline(scale=3, border=4, dark="#000", light="#fff")
