"""What a tenant says itself on the chat's page: its welcome text and words by language, and its starters."""

from collections.abc import Iterable
from typing import Annotated

from msgspec import Meta, Struct

__all__ = ["ANY_LANGUAGE", "MOST_LANGUAGES", "MOST_STARTERS", "Chat", "ChatTexts", "Starter", "Words", "fitting_tags"]

ANY_LANGUAGE = "*"
"""In the place of a language's tag: every language for which there is nothing better."""
MOST_LANGUAGES = 30
MOST_STARTERS = 12

LanguageTag = Annotated[str, Meta(pattern=r"^(\*|[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*)\Z", max_length=35)]
"""A tag of BCP 47, or ``ANY_LANGUAGE``."""
Word = Annotated[str, Meta(min_length=1, max_length=300)] | None


class Words(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Words of Chainlit's page in one language; None is the app's own. What each stands for in Chainlit's translations
    is the runtime's to know."""

    composer: Annotated[Word, Meta(title="Message box while it is empty")] = None
    new_chat: Annotated[Word, Meta(title="Button for a new chat")] = None
    new_chat_question: Annotated[Word, Meta(title="Question before a conversation is left")] = None
    readme: Annotated[Word, Meta(title="Button of the welcome text")] = None
    watermark: Annotated[Word, Meta(title="Line below the message box")] = None
    past_chats: Annotated[Word, Meta(title="Title above past conversations")] = None
    login_title: Annotated[Word, Meta(title="Title of the sign-in page")] = None
    sign_in: Annotated[Word, Meta(title="Button of the sign-in page")] = None
    sign_out: Annotated[Word, Meta(title="Entry for signing out")] = None


class ChatTexts(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What the chat says in one language. ``welcome`` is Markdown, in the place of the app's ``chainlit.md``."""

    welcome: Annotated[str, Meta(max_length=10_000)] = ""
    words: Words = Words()


class Starter(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A suggestion on the empty page: what it shows, and what is sent. ``icon`` is one of the tenant's public files."""

    label: Annotated[str, Meta(min_length=1, max_length=80)]
    message: Annotated[str, Meta(min_length=1, max_length=2000)]
    icon: Annotated[str, Meta(pattern=r"^/public/[^\s\"'<>\\?#]+\Z", max_length=300)] | None = None


class Chat(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Texts by language tag, and starters in their order. Without starters the app's own are shown."""

    texts: Annotated[dict[LanguageTag, ChatTexts], Meta(max_length=MOST_LANGUAGES)] = {}
    starters: Annotated[tuple[Starter, ...], Meta(max_length=MOST_STARTERS)] = ()


def fitting_tags(language: str) -> Iterable[str]:
    """Return the tags, in small letters, whose texts somebody of a language is shown, the closest first.

    ``de`` is for ``de-AT``, too (RFC 4647, section 3.4), and ``ANY_LANGUAGE`` for everybody.
    """
    tag = language.lower()
    while tag:
        yield tag
        tag = tag.rpartition("-")[0]
    yield ANY_LANGUAGE
