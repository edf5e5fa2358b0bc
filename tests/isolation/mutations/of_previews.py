"""Guards of previews: whose a draft is, for how long, at which addresses, and what it shares with the live chat."""

from typing import Any

import jwt

from tests.isolation.mutations.registry import without


def _rewrite_draft(old: str, new: str) -> None:
    """Change the statement that finds a draft, which must hold what is to be taken out."""
    from runtime.previews import source

    assert old in source.DRAFT, old
    source.DRAFT = source.DRAFT.replace(old, new)


@without("a draft is found at its own tenant", "preview elsewhere", "preview stranger")
def find_drafts_of_any_tenant() -> None:
    _rewrite_draft("tenant_id = %s", "%s::text IS NOT NULL")


@without("the end of a draft", "preview elsewhere")
def show_drafts_for_ever() -> None:
    _rewrite_draft("AND ends_at > now()", "")


@without("a draft is its maker's alone", "preview stranger")
def show_drafts_to_any_member() -> None:
    _forgive(lambda visitor, member, sign_in: (visitor.person.member, visitor.person.sign_in))


@without("a draft is of one sign-in", "preview stranger")
def show_drafts_to_any_sign_in() -> None:
    _forgive(lambda visitor, member, sign_in: (member, visitor.person.sign_in))


@without("a draft is of one member", "preview stranger")
def show_drafts_to_members_of_the_same_sign_in() -> None:
    _forgive(lambda visitor, member, sign_in: (visitor.person.member, sign_in))


def _forgive(taken: Any) -> None:
    from runtime.previews.visitor import Visitor

    is_still = Visitor.is_still
    Visitor.is_still = lambda self, member, sign_in, state: is_still(self, *taken(self, member, sign_in), state)


@without("the signature of a previewer's token", "preview stranger")
def believe_any_previewer() -> None:
    from runtime.previews import visitor

    def read(token: str, *, key: str, tenant_id: str) -> Any:
        return jwt.decode(token, options={"verify_signature": False})

    visitor.read_token = read


@without("previews are asked for by the previews' cookie", "preview stranger")
def take_the_chats_cookie() -> None:
    from runtime.previews import visitor

    visitor.PREVIEW_COOKIE = "access_token"


@without("one prefix, written in one way", "preview elsewhere", "preview transport")
def take_any_spelling() -> None:
    from runtime.previews import frames

    frames._is_plain = lambda scope, secret, path: True


@without("a draft in memory apart from what is live", "preview session", "preview transport")
def keep_drafts_with_what_is_live() -> None:
    from runtime.previews.handle import PreviewHandle

    PreviewHandle.partition = property(lambda self: self._live.partition)
