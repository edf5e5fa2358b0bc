"""Codes of an authenticator app: TOTP (RFC 6238), six digits, 30 seconds, SHA-1, which is what every app speaks."""

import time

import pyotp
import segno

__all__ = ["create_secret", "draw_setup", "matching_step", "setup_address", "spell_secret"]

STEP_SECONDS = 30
STEPS_ASIDE = 1
"""How many codes before and after the present one are taken: clocks differ, and people need a moment to type."""
DIGITS = 6


def create_secret() -> str:
    """Return a new secret of 160 bits as base32, as RFC 4226 recommends."""
    return pyotp.random_base32(32)


def matching_step(secret: str, code: str, *, last_step: int = 0, now: float | None = None) -> int | None:
    """Return the number of the step that a code is of, or None where it is of none that may be used (any more).

    Keep the number as ``last_step`` for the next time: RFC 6238, section 5.2, has each code work once, and so no code
    of that step or of an earlier one is taken again. Every step is compared, whichever matches, in constant time.
    """
    digits = "".join(code.split())
    present = int((time.time() if now is None else now) // STEP_SECONDS)
    generator, found = pyotp.HOTP(secret, digits=DIGITS), None
    for step in range(present - STEPS_ASIDE, present + STEPS_ASIDE + 1):
        matches = pyotp.utils.strings_equal(digits, generator.at(step))
        if matches and step > last_step:
            found = step
    return found


def setup_address(secret: str, *, issuer: str, account: str) -> str:
    """Return the ``otpauth:`` address that an app reads from a QR code."""
    # A colon parts the two in the address, so that neither may hold one.
    generator = pyotp.TOTP(secret, digits=DIGITS, interval=STEP_SECONDS)
    return generator.provisioning_uri(name=account.replace(":", " "), issuer_name=issuer.replace(":", " "))


def draw_setup(address: str) -> str:
    """Return the QR code of an address as an SVG element: black shapes without a background, style or script."""
    return segno.make(address, error="m", micro=False).svg_inline(
        omitsize=True, border=0, svgclass="qr-code", lineclass=None
    )


def spell_secret(secret: str) -> str:
    """Return a secret in groups of four, for whoever types it."""
    return " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
