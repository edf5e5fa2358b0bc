"""Words that Chainlit's sign-in page needs where members sign in, laid over its translations.

The page looks a refusal's sentence up by the status text of ``/login`` in small letters, or by the code in its address
(``/login?error=<code>``, where the code is one of docs/errors.md). The links are those of the page's own script.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tenants.contract.access import SignInMethod

__all__ = ["DEFAULT_LANGUAGE", "WORDS", "as_text", "with_provider_names", "with_words"]

DEFAULT_LANGUAGE = "en-US"
WORDS: Mapping[str, Mapping[str, Mapping[str, str]]] = json.loads(
    (Path(__file__).parent / "sign_in_words.json").read_text(encoding="utf-8")
)
"""By Chainlit's name of the language: ``links`` by what they lead to, ``errors`` by what the page looks them up by."""

_NAMED_BY_THE_PAGE = {
    "azure-ad": "Microsoft",
    "azure-ad-hybrid": "Microsoft",
    "github": "GitHub",
    "okta": "Okta",
    "descope": "Descope",
    "aws-cognito": "Cognito",
}
"""What Chainlit's ``ProviderButton`` calls providers that it knows; every other by its id with a capital letter."""


def with_words(translation: dict[str, Any], language: str) -> dict[str, Any]:
    """Return a translation with the words of its language, or else of English, where the app has none of its own."""
    auth = translation.setdefault("auth", {})
    login = auth.setdefault("login", {}) if isinstance(auth, dict) else None
    if not isinstance(login, dict) or not all(isinstance(login.get(part, {}), dict) for part in ("errors", "links")):
        return translation  # an app's own file, in a shape of its own
    spoken, english = WORDS.get(language, {}), WORDS[DEFAULT_LANGUAGE]
    for part in ("errors", "links"):
        login[part] = {**english[part], **spoken.get(part, {}), **login.get(part, {})}
    errors = login["errors"]
    errors.setdefault("unauthorized", errors.get("credentialsSignin", errors["sign_in_refused"]))
    return translation


def with_provider_names(translation: Mapping[str, Any], methods: tuple[SignInMethod, ...]) -> Mapping[str, Any]:
    """Return a translation in which the buttons of these methods have their labels.

    The page puts its own name of a provider in the place of ``{{provider}}``; i18next then puts the text of that key
    in the place of ``$t(...)`` (https://www.i18next.com/translation-function/nesting).
    """
    auth = translation.get("auth")
    provider = auth.get("provider") if isinstance(auth, dict) else None
    sentence = provider.get("continue") if isinstance(provider, dict) else None
    if auth is None or provider is None or not isinstance(sentence, str):
        return translation
    names = {_name_on_the_page(method.id): as_text(method.label or _name_on_the_page(method.id)) for method in methods}
    nested = sentence.replace("{{provider}}", "$t(auth.provider.names.{{provider}})")
    return {**translation, "auth": {**auth, "provider": {**provider, "continue": nested, "names": names}}}


def _name_on_the_page(provider_id: str) -> str:
    return _NAMED_BY_THE_PAGE.get(provider_id, provider_id[:1].upper() + provider_id[1:])


def as_text(label: str) -> str:
    """Return a label in which i18next finds nothing to put anything in the place of."""
    return label.replace("{{", "{\u2060{").replace("$", "$\u2060")
