"""Languages as people choose them: tags that browsers send, with their English names."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tenants.contract.chat import ANY_LANGUAGE

__all__ = ["LANGUAGES", "language_name"]

LANGUAGES = {
    "ar": gettext_lazy("Arabic"), "bn": gettext_lazy("Bengali"), "zh-CN": gettext_lazy("Chinese, simplified"),
    "zh-TW": gettext_lazy("Chinese, traditional"), "cs": gettext_lazy("Czech"), "da": gettext_lazy("Danish"),
    "nl": gettext_lazy("Dutch"), "en": gettext_lazy("English"), "en-GB": gettext_lazy("English, United Kingdom"),
    "en-US": gettext_lazy("English, United States"), "fi": gettext_lazy("Finnish"), "fr": gettext_lazy("French"),
    "fr-CA": gettext_lazy("French, Canada"), "de": gettext_lazy("German"), "de-AT": gettext_lazy("German, Austria"),
    "de-CH": gettext_lazy("German, Switzerland"), "el": gettext_lazy("Greek"), "gu": gettext_lazy("Gujarati"),
    "he": gettext_lazy("Hebrew"), "hi": gettext_lazy("Hindi"), "hu": gettext_lazy("Hungarian"),
    "id": gettext_lazy("Indonesian"), "it": gettext_lazy("Italian"), "ja": gettext_lazy("Japanese"),
    "kn": gettext_lazy("Kannada"), "ko": gettext_lazy("Korean"), "ml": gettext_lazy("Malayalam"),
    "mr": gettext_lazy("Marathi"), "nb": gettext_lazy("Norwegian"), "pl": gettext_lazy("Polish"),
    "pt": gettext_lazy("Portuguese"), "pt-BR": gettext_lazy("Portuguese, Brazil"), "ro": gettext_lazy("Romanian"),
    "ru": gettext_lazy("Russian"), "es": gettext_lazy("Spanish"), "es-MX": gettext_lazy("Spanish, Mexico"),
    "sv": gettext_lazy("Swedish"), "ta": gettext_lazy("Tamil"), "te": gettext_lazy("Telugu"),
    "th": gettext_lazy("Thai"), "tr": gettext_lazy("Turkish"), "uk": gettext_lazy("Ukrainian"),
    "vi": gettext_lazy("Vietnamese"),
}  # fmt: skip


def language_name(tag: str) -> str:
    """Return what people call a language; one that is not among ``LANGUAGES`` goes by its tag."""
    return _("All other languages") if tag == ANY_LANGUAGE else str(LANGUAGES.get(tag, tag))
