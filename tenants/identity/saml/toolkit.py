"""What python3-saml does with an answer: it opens what is encrypted and checks signatures, schema and profile."""

from copy import deepcopy
from urllib.parse import urlsplit

import xmlsec
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings

from tenants.identity.saml.certificates import pem_of
from tenants.identity.saml.documents import NAMESPACES, Element
from tenants.identity.saml.errors import Reason, ResponseRefusedError
from tenants.identity.saml.service_provider import POST_BINDING, REDIRECT_BINDING, ServiceProvider
from tenants.identity.saml.settings import SamlSettings
from tenants.identity.saml.structure import RESPONSE

__all__ = ["check_answer", "open_answer"]

_CONFIRMATIONS = "/saml:Subject/saml:SubjectConfirmation"
_ERROR = OneLogin_Saml2_ValidationError
_REASONS = {
    _ERROR.INVALID_SIGNATURE: Reason.SIGNATURE,
    _ERROR.NO_SIGNED_ASSERTION: Reason.UNSIGNED,
    _ERROR.NO_SIGNED_MESSAGE: Reason.UNSIGNED,
    _ERROR.NO_SIGNATURE_FOUND: Reason.UNSIGNED,
    _ERROR.WRONG_ISSUER: Reason.ISSUER,
    _ERROR.WRONG_AUDIENCE: Reason.AUDIENCE,
    _ERROR.WRONG_DESTINATION: Reason.RECIPIENT,
    _ERROR.WRONG_INRESPONSETO: Reason.REQUEST,
    _ERROR.ASSERTION_TOO_EARLY: Reason.TOO_EARLY,
    _ERROR.ASSERTION_EXPIRED: Reason.EXPIRED,
    _ERROR.SESSION_EXPIRED: Reason.EXPIRED,
    _ERROR.STATUS_CODE_IS_NOT_SUCCESS: Reason.DECLINED,
    _ERROR.NO_NAMEID: Reason.SUBJECT,
    _ERROR.EMPTY_NAMEID: Reason.SUBJECT,
}


class _Answer(OneLogin_Saml2_Response):  # type: ignore[misc]  # python3-saml ships no types
    """An answer whose confirmations the library reads without their times.

    It bears other clocks in conditions and none in confirmations, so an answer that may still come by our reckoning
    would be too late by its own. The times are checked in ``responses`` before anything is asked of the library.
    """

    def _query_assertion(self, path: str) -> list[Element]:
        found: list[Element] = super()._query_assertion(path)
        return [_without_times(confirmation) for confirmation in found] if path == _CONFIRMATIONS else found


def _without_times(confirmation: Element) -> Element:
    """Return a copy: what is signed stays as it came."""
    timeless = deepcopy(confirmation)
    for data in timeless.iterfind("saml:SubjectConfirmationData", NAMESPACES):
        for name in ("NotBefore", "NotOnOrAfter"):
            data.attrib.pop(name, None)
    return timeless


def open_answer(encoded: str, provider: ServiceProvider, settings: SamlSettings) -> OneLogin_Saml2_Response:
    """Return the answer as python3-saml has it, decrypted; raises ``ResponseRefusedError``."""
    try:
        answer = _Answer(_library_settings(provider, settings), encoded)
        if answer.encrypted is None:
            _check_success(answer)
    except _ERROR as error:
        raise ResponseRefusedError(_REASONS.get(error.code, Reason.STRUCTURE), str(error)) from error
    except (OneLogin_Saml2_Error, xmlsec.Error, ValueError, KeyError) as error:
        raise ResponseRefusedError(Reason.ENCRYPTION, str(error)) from error
    return answer


def _check_success(answer: OneLogin_Saml2_Response) -> None:
    """Tell a refusal of the provider, which holds no assertion, from an answer that lacks one."""
    if answer.document.tag == RESPONSE and answer.document.find("saml:Assertion", NAMESPACES) is None:
        answer.check_status()


def check_answer(answer: OneLogin_Saml2_Response, provider: ServiceProvider, request_id: str) -> None:
    """Raise ``ResponseRefusedError`` where python3-saml does not believe the answer, its signatures above all."""
    place = urlsplit(provider.acs_url)
    request = {
        "https": "on" if place.scheme == "https" else "off",
        "http_host": place.netloc,
        "script_name": place.path,
    }
    try:
        answer.is_valid(request, request_id=request_id or None, raise_exceptions=True)
    except _ERROR as error:
        raise ResponseRefusedError(_REASONS.get(error.code, Reason.STRUCTURE), str(error)) from error
    except Exception as error:
        # The library raises bare exceptions, too.
        raise ResponseRefusedError(Reason.STRUCTURE, str(error)) from error


def _library_settings(provider: ServiceProvider, settings: SamlSettings) -> OneLogin_Saml2_Settings:
    return OneLogin_Saml2_Settings(
        {
            "strict": True,
            "sp": {
                "entityId": provider.entity_id,
                "assertionConsumerService": {"url": provider.acs_url, "binding": POST_BINDING},
                "x509cert": provider.key_pair.certificate,
                "privateKey": provider.key_pair.private_key,
            },
            "idp": {
                "entityId": settings.entity_id,
                "singleSignOnService": {"url": settings.sso_url, "binding": REDIRECT_BINDING},
                "x509certMulti": {"signing": [pem_of(certificate) for certificate in settings.certificates]},
            },
            "security": {
                "wantAssertionsSigned": settings.wants_signed_assertion,
                "wantAttributeStatement": False,
                "allowRepeatAttributeName": True,
                "rejectDeprecatedAlgorithm": True,
                "requestedAuthnContext": False,
            },
        }
    )
