"""XML from outside, read so that nothing in it can act or be read in two ways."""

from typing import TypeAlias

from lxml import etree

__all__ = ["NAMESPACES", "Element", "UnreadableError", "check_plain", "name_of", "parse_document", "text_of"]

Element: TypeAlias = "etree._Element"

NAMESPACES = {
    "ds": "http://www.w3.org/2000/09/xmldsig#",
    "md": "urn:oasis:names:tc:SAML:2.0:metadata",
    "saml": "urn:oasis:names:tc:SAML:2.0:assertion",
    "samlp": "urn:oasis:names:tc:SAML:2.0:protocol",
    "xenc": "http://www.w3.org/2001/04/xmlenc#",
}


class UnreadableError(ValueError):
    """The document is no XML, or XML with what SAML has no use for."""


def parse_document(content: bytes, *, comments: bool = False) -> Element:
    """Return the root element, or raise ``UnreadableError``.

    A document type is refused, and with it all entities. So are comments and processing instructions unless
    ``comments`` says that they may stand there (and are left out): signatures do not cover comments, so one within an
    e-mail address could make another address of it.
    """
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, huge_tree=False,
        remove_comments=comments, remove_pis=comments,
    )  # fmt: skip
    try:
        root = etree.fromstring(content, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise UnreadableError(str(error)) from error
    if root.getroottree().docinfo.doctype:
        raise UnreadableError("a document type is declared")
    check_plain(root)
    return root


def check_plain(root: Element) -> None:
    """Raise ``UnreadableError`` where comments or processing instructions stand in a document, or around its root."""
    # By XPath, for elements of python3-saml hide them from iteration.
    if root.xpath("//comment() | //processing-instruction()"):
        raise UnreadableError("there is a comment or a processing instruction")


def text_of(element: Element) -> str:
    """Return the whole text of an element, of its children too, without the spaces around it."""
    return "".join(element.itertext()).strip()


def name_of(prefixed: str) -> str:
    """Return ``saml:Assertion`` as lxml names it."""
    prefix, _, name = prefixed.partition(":")
    return f"{{{NAMESPACES[prefix]}}}{name}"
