"""Whether an answer of an identity provider is believed, and what it says.

python3-saml checks signatures, the schema and the outline of the profile. Where it is lenient (an absent audience, a
recipient that only contains the address, five minutes of other clocks) the checks here are not; they come first, since
they know better what is wrong, and nothing leaves this module before both agree.
"""

import base64
import binascii
import time
from dataclasses import dataclass
from datetime import datetime

from tenants.identity.saml.documents import NAMESPACES, Element, UnreadableError, check_plain, parse_document, text_of
from tenants.identity.saml.errors import Reason, ResponseRefusedError
from tenants.identity.saml.service_provider import ServiceProvider
from tenants.identity.saml.settings import SamlSettings
from tenants.identity.saml.structure import ASSERTION, RESPONSE, check_encryption, check_structure, signed_elements
from tenants.identity.saml.toolkit import check_answer, open_answer

__all__ = [
    "CLOCK_SKEW_SECONDS",
    "MAXIMUM_RESPONSE_BYTES",
    "Assertion",
    "Received",
    "answered_question",
    "receive",
    "verify",
]

CLOCK_SKEW_SECONDS = 120
MAXIMUM_RESPONSE_BYTES = 256 * 1024
"""Of the XML. A hundred groups with their addresses in a directory are about 20 KB."""
MAXIMUM_NAME_ID = 255
MAXIMUM_ID = 80
_TRANSIENT = "urn:oasis:names:tc:SAML:2.0:nameid-format:transient"
_BEARER = "urn:oasis:names:tc:SAML:2.0:cm:bearer"
_CONDITIONS = {f"{{{NAMESPACES['saml']}}}{name}" for name in ("AudienceRestriction", "OneTimeUse", "ProxyRestriction")}


@dataclass(frozen=True)
class Received:
    """An answer that could be read; nothing of it is believed yet."""

    encoded: str
    in_response_to: str
    """Which question it says to answer; empty where nobody asked."""


@dataclass(frozen=True)
class Assertion:
    """What an identity provider has signed. ``expires_at`` is in Unix seconds: until then it could come again."""

    id: str
    expires_at: int
    name_id: str
    name_id_format: str
    session_index: str
    authentication: str
    """The class of what was asked of the person, such as a password or several factors."""
    attributes: dict[str, tuple[str, ...]]


def receive(encoded: str) -> Received:
    """Read what a browser brought; raises ``ResponseRefusedError``."""
    if len(encoded) > MAXIMUM_RESPONSE_BYTES * 3 // 2:
        raise ResponseRefusedError(Reason.TOO_LARGE)
    try:
        content = base64.b64decode("".join(encoded.split()), validate=True)
        document = parse_document(content)
    except (binascii.Error, UnreadableError, ValueError) as error:
        raise ResponseRefusedError(Reason.UNREADABLE, str(error)) from error
    if len(content) > MAXIMUM_RESPONSE_BYTES:
        raise ResponseRefusedError(Reason.TOO_LARGE)
    if document.tag == RESPONSE and document.find("saml:EncryptedAssertion", NAMESPACES) is not None:
        check_encryption(document)
    in_response_to = document.get("InResponseTo") or ""
    _expect(len(in_response_to) <= MAXIMUM_ID, Reason.REQUEST)
    return Received(base64.b64encode(content).decode(), in_response_to)


def answered_question(encoded: str) -> str:
    """Return which question an answer says to answer, if it can be read at all; for telling people why not."""
    try:
        return receive(encoded).in_response_to
    except ResponseRefusedError:
        return ""


def verify(received: Received, provider: ServiceProvider, settings: SamlSettings, *, request_id: str) -> Assertion:
    """Return what the answer says, or raise ``ResponseRefusedError``; ``request_id`` is empty where nobody asked."""
    answer = open_answer(received.encoded, provider, settings)
    document: Element = answer.get_xml_document()
    try:
        check_plain(document)
    except UnreadableError as error:
        raise ResponseRefusedError(Reason.UNREADABLE, str(error)) from error
    check_structure(document)
    required = {ASSERTION} if settings.wants_signed_assertion else {ASSERTION, RESPONSE}
    if not required & signed_elements(document):
        raise ResponseRefusedError(Reason.UNSIGNED)
    assertion = _read(document, provider, settings, request_id)
    check_answer(answer, provider, request_id)
    return assertion


def _read(document: Element, provider: ServiceProvider, settings: SamlSettings, request_id: str) -> Assertion:
    """Check exactly what the library checks loosely, and return what the one signed assertion says."""
    assertion = _one(document, "saml:Assertion", Reason.STRUCTURE)
    now = int(time.time())
    for issuer in (document.find("saml:Issuer", NAMESPACES), _one(assertion, "saml:Issuer", Reason.ISSUER)):
        _expect(issuer is None or text_of(issuer) == settings.entity_id, Reason.ISSUER)
    _expect(document.get("Destination") == provider.acs_url, Reason.RECIPIENT, document.get("Destination") or "none")
    _check_question(document.get("InResponseTo"), request_id, must=False)
    conditions = _one(assertion, "saml:Conditions", Reason.STRUCTURE)
    _check_conditions(conditions, provider, now)
    expires_at = _check_confirmation(_one(assertion, "saml:Subject", Reason.SUBJECT), provider, request_id, now)
    named = _one(assertion, "saml:Subject/saml:NameID", Reason.SUBJECT)
    statement = _one(assertion, "saml:AuthnStatement", Reason.STRUCTURE)
    authentication = statement.find("saml:AuthnContext/saml:AuthnContextClassRef", NAMESPACES)
    _expect(bool(text_of(named)) and len(text_of(named)) <= MAXIMUM_NAME_ID, Reason.SUBJECT)
    _expect(named.get("Format") != _TRANSIENT, Reason.TRANSIENT)
    return Assertion(
        id=assertion.get("ID") or "",
        expires_at=max(expires_at, _time(conditions, "NotOnOrAfter") or 0) + CLOCK_SKEW_SECONDS,
        name_id=text_of(named),
        name_id_format=named.get("Format") or "",
        session_index=(statement.get("SessionIndex") or "")[:1024],
        authentication=text_of(authentication) if authentication is not None else "",
        attributes=_attributes(assertion),
    )


def _check_conditions(conditions: Element, provider: ServiceProvider, now: int) -> None:
    unknown = [child.tag for child in conditions if child.tag not in _CONDITIONS]
    _expect(not unknown, Reason.STRUCTURE, "a condition that is not known")
    _check_time(conditions, now)
    restrictions = conditions.findall("saml:AudienceRestriction", NAMESPACES)
    _expect(bool(restrictions), Reason.AUDIENCE, "none")
    for restriction in restrictions:
        audiences = [text_of(audience) for audience in restriction.findall("saml:Audience", NAMESPACES)]
        _expect(provider.entity_id in audiences, Reason.AUDIENCE, ", ".join(audiences))


def _check_confirmation(subject: Element, provider: ServiceProvider, request_id: str, now: int) -> int:
    """Return until when somebody may come with the assertion, of the one confirmation that fits (profiles, 4.1.4.2)."""
    refused = ResponseRefusedError(Reason.RECIPIENT, "nobody may come with it")
    for confirmation in subject.findall("saml:SubjectConfirmation", NAMESPACES):
        data = confirmation.find("saml:SubjectConfirmationData", NAMESPACES)
        if confirmation.get("Method") != _BEARER or data is None:
            continue
        try:
            _expect(data.get("Recipient") == provider.acs_url, Reason.RECIPIENT, data.get("Recipient") or "none")
            _check_question(data.get("InResponseTo"), request_id, must=True)
            _check_time(data, now)
            expires_at = _time(data, "NotOnOrAfter")
            if expires_at is not None:
                return expires_at
            refused = ResponseRefusedError(Reason.EXPIRED, "it would never expire")
        except ResponseRefusedError as error:
            refused = error
    raise refused


def _check_question(answers: str | None, request_id: str, *, must: bool) -> None:
    """Check that what is answered is what was asked, or that nothing is where nobody asked."""
    if request_id:
        _expect(answers == request_id or (answers is None and not must), Reason.REQUEST)
    else:
        _expect(answers is None, Reason.REQUEST)


def _check_time(element: Element, now: int) -> None:
    begins, ends = _time(element, "NotBefore"), _time(element, "NotOnOrAfter")
    _expect(begins is None or begins <= now + CLOCK_SKEW_SECONDS, Reason.TOO_EARLY)
    _expect(ends is None or now < ends + CLOCK_SKEW_SECONDS, Reason.EXPIRED)


def _time(element: Element, name: str) -> int | None:
    """Return a time in Unix seconds. SAML has them in UTC, with the Z that says so (core, 1.3.3)."""
    value = element.get(name)
    if value is None:
        return None
    try:
        read = datetime.fromisoformat(value)
    except ValueError:
        read = None
    if read is None or not value.endswith("Z"):
        raise ResponseRefusedError(Reason.STRUCTURE, f"{name} is no time")
    return int(read.timestamp())


def _attributes(assertion: Element) -> dict[str, tuple[str, ...]]:
    """Return the values by the attributes' names, and by their friendly names where nothing else has that name."""
    by_name: dict[str, tuple[str, ...]] = {}
    by_friendly_name: dict[str, tuple[str, ...]] = {}
    for attribute in assertion.iterfind("saml:AttributeStatement/saml:Attribute", NAMESPACES):
        values = tuple(text_of(value) for value in attribute.iterfind("saml:AttributeValue", NAMESPACES))
        name, friendly_name = attribute.get("Name") or "", attribute.get("FriendlyName")
        by_name[name] = by_name.get(name, ()) + values
        if friendly_name:
            by_friendly_name[friendly_name] = by_friendly_name.get(friendly_name, ()) + values
    return by_friendly_name | by_name


def _one(element: Element, path: str, otherwise: Reason) -> Element:
    found = element.findall(path, NAMESPACES)
    if len(found) != 1:
        raise ResponseRefusedError(otherwise, f"{len(found)} of {path}")
    return found[0]


def _expect(holds: bool, reason: Reason, detail: str = "") -> None:
    if not holds:
        raise ResponseRefusedError(reason, detail)
