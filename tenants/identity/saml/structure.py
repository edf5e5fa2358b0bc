"""The one shape that an answer may have, so that what is read is what was signed.

Signature wrapping moves the signed assertion aside and puts another where it is read. There is no aside here: an answer
holds one assertion, directly below its root; a signature stands directly in what it signs and names exactly that by its
id; no id is there twice. See Somorovsky et al., "On Breaking SAML: Be Whoever You Want to Be" (2012).
"""

from tenants.identity.saml.documents import NAMESPACES, Element, name_of
from tenants.identity.saml.errors import Reason, ResponseRefusedError

__all__ = ["ASSERTION", "RESPONSE", "check_encryption", "check_structure", "signed_elements"]

RESPONSE, ASSERTION = name_of("samlp:Response"), name_of("saml:Assertion")
_IDS = ("ID", "Id", "id", "{http://www.w3.org/XML/1998/namespace}id")

_MORE = "http://www.w3.org/2001/04/xmldsig-more#"
_SIGNATURE_METHODS = {
    f"{_MORE}{kind}-{digest}" for kind in ("rsa", "ecdsa") for digest in ("sha256", "sha384", "sha512")
}
_DIGESTS = {
    "http://www.w3.org/2001/04/xmlenc#sha256", f"{_MORE}sha384", "http://www.w3.org/2001/04/xmlenc#sha512",
}  # fmt: skip
_EXCLUSIVE = "http://www.w3.org/2001/10/xml-exc-c14n#"
_TRANSFORMS = {"http://www.w3.org/2000/09/xmldsig#enveloped-signature", _EXCLUSIVE, f"{_EXCLUSIVE}WithComments"}
_KEY_TRANSPORTS = {"http://www.w3.org/2001/04/xmlenc#rsa-oaep-mgf1p", "http://www.w3.org/2009/xmlenc11#rsa-oaep"}
_CIPHERS = {
    *(f"http://www.w3.org/2001/04/xmlenc#aes{bits}-cbc" for bits in (128, 192, 256)),
    *(f"http://www.w3.org/2009/xmlenc11#aes{bits}-gcm" for bits in (128, 192, 256)),
}


def check_structure(response: Element) -> None:
    """Raise ``ResponseRefusedError`` where an answer has any other shape."""
    _expect(response.tag == RESPONSE, "the root is no response")
    assertions = _all(response, "//saml:Assertion | //saml:EncryptedAssertion")
    _expect(len(assertions) == 1, f"{len(assertions)} assertions")
    _expect(assertions[0].getparent() is response, "the assertion is not directly in the response")
    _expect(len(_all(response, "//samlp:Response")) == 1, "a response within the response")
    ids = [element.get(name) for element in _all(response, "//*") for name in _IDS if element.get(name)]
    _expect(len(ids) == len(set(ids)), "an id is there twice")
    for signature in _all(response, "//ds:Signature"):
        _check_signature(signature)


def signed_elements(response: Element) -> set[str]:
    """Return the names of what carries a signature of its own, of an answer whose structure was checked."""
    return {element.tag for element in _all(response, "//ds:Signature/..")}


def check_encryption(response: Element) -> None:
    """Raise ``ResponseRefusedError`` where something was encrypted in a way that gives keys or texts away."""
    for method in _all(response, ".//xenc:EncryptedKey/xenc:EncryptionMethod"):
        _expect_algorithm(method, _KEY_TRANSPORTS)
    for method in _all(response, ".//xenc:EncryptedData/xenc:EncryptionMethod"):
        _expect_algorithm(method, _CIPHERS)


def _check_signature(signature: Element) -> None:
    signed = signature.getparent()
    _expect(signed is not None and signed.tag in {RESPONSE, ASSERTION}, "a signature stands in something else")
    references = _all(signature, "./ds:SignedInfo/ds:Reference")
    _expect(len(references) == len(_all(signature, ".//ds:Reference")) == 1, "a signature of several things")
    _expect(references[0].get("URI") == f"#{signed.get('ID')}", "a signature of something else than it stands in")
    _expect(not _all(signature, ".//ds:Object"), "a signature holds something")
    transforms = _all(references[0], "./ds:Transforms/ds:Transform")
    _expect(len(transforms) <= 2, "a signature of something transformed")
    for transform in transforms:
        _expect_algorithm(transform, _TRANSFORMS)
    for method, allowed in (("Signature", _SIGNATURE_METHODS), ("Digest", _DIGESTS)):
        for element in _all(signature, f".//ds:{method}Method"):
            _expect_algorithm(element, allowed)
    for element in _all(signature, "./ds:SignedInfo/ds:CanonicalizationMethod"):
        _expect_algorithm(element, _TRANSFORMS)


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ResponseRefusedError(Reason.STRUCTURE, otherwise)


def _expect_algorithm(element: Element, allowed: set[str]) -> None:
    algorithm = element.get("Algorithm") or ""
    if algorithm not in allowed:
        raise ResponseRefusedError(Reason.ALGORITHM, algorithm)


def _all(element: Element, path: str) -> list[Element]:
    found: list[Element] = element.xpath(path, namespaces=NAMESPACES)
    return found
