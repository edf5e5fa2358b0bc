"""Answers of an identity provider to one tenant's question, changed as a test wants, and whether they are believed."""

import pytest

from tenants.identity.saml.errors import Reason, ResponseRefusedError
from tenants.identity.saml.responses import receive, verify
from tenants.identity.saml.service_provider import ServiceProvider
from tenants.identity.saml.settings import SamlSettings
from tests.tenants.identity.saml.identity_provider import IdentityProvider, find, key_pair

ACS = "https://acme.example/settings/sign-in/saml/okta/acs/"
ENTITY = "https://acme.example/settings/sign-in/saml/okta/metadata/"
ACME = ServiceProvider(ENTITY, ACS, "https://acme.example/settings/sign-in/saml/okta/logout/", key_pair("acme"))
ASKED = "_a-question"


def settings_for(idp: IdentityProvider, **more) -> SamlSettings:
    return SamlSettings(entity_id=idp.entity_id, sso_url=idp.sso_url, certificates=idp.certificates, **more)


def answer(idp: IdentityProvider | None = None, **options) -> str:
    asked = {"acs_url": ACS, "audience": ENTITY, "request_id": ASKED} | options
    return (idp or IdentityProvider()).answer(**asked)


def believe(encoded: str, *, request_id: str = ASKED, provider: ServiceProvider = ACME, **settings):
    return verify(receive(encoded), provider, settings_for(IdentityProvider(), **settings), request_id=request_id)


def refusal(encoded: str, **options) -> Reason:
    with pytest.raises(ResponseRefusedError) as raised:
        believe(encoded, **options)
    return raised.value.reason


def set_attribute(path: str, name: str, value: str | None):
    """Return a change of one attribute, or its removal."""

    def change(root):
        element = find(root, path)
        if value is None:
            del element.attrib[name]
        else:
            element.set(name, value)

    return change


def set_text(path: str, text: str):
    def change(root):
        find(root, path).text = text

    return change


def remove(path: str):
    def change(root):
        element = find(root, path)
        element.getparent().remove(element)

    return change
