"""Whether hostile text can stall the detectors: 16 times the text must take about 16 times the time, not 256 times.

python benchmarks/hostile_text.py
"""

import time

from workbench.privacy import detect

HOSTILE = {
    "digits in pairs": "4 ",
    "almost an e-mail address": "a@a-",
    "spelled-out addresses": "a at a dot ",
    "a word without end": "a",
    "white space": " ",
    "log-ins without a password": "login  ",
    "a key that doesn't end": "-----BEGIN PRIVATE KEY-----",
    "groups of hexadecimal digits": "a:1",
    "a house number and half a street": "1 A Bc De ",
    "half an area code": "(020) ",
    "names after names": "Mary ",
    "apostrophes": "O'N",
    "half a placeholder": "[PERSON_",
}


def seconds(unit, size):
    """Return the processor's time for one text of `size` characters."""
    text = (unit * size)[:size]
    began = time.process_time()
    detect(text)
    return time.process_time() - began


def main():
    detect("warm up")
    for name, unit in HOSTILE.items():
        short, long = min(seconds(unit, 12_500) for _ in range(2)), seconds(unit, 200_000)
        print(f"{name:36} 12.5 kB {short:6.3f} s, 200 kB {long:6.3f} s, {long / short:5.1f}x")


if __name__ == "__main__":
    main()
