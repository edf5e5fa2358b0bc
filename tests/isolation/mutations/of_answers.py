"""Guards of what is answered from memory, of resources and of live streams."""

from collections.abc import Callable
from typing import Any

from tests.isolation.mutations.registry import without


@without("failures are not told", "fail")
def tell_failures() -> None:
    from runtime.chainlit_host.apps.hooks import ErrorReports

    ErrorReports.public_text = lambda self, error: str(error)


@without("a page is known by its own tag", "etag")
def know_every_tag() -> None:
    from runtime.chainlit_host.answers.static import StaticBody

    StaticBody._is_known = lambda self, presented: bool(presented)


@without("a resource for each tenant", "talk")
def share_resources() -> None:
    from runtime.resources import PerTenant

    call, kept = PerTenant.__call__, []

    def call_shared(self: Any) -> Any:
        kept.append(call(self))
        return kept[0]

    PerTenant.__call__ = call_shared


@without("settings made for each person", "settings")
def keep_settings_of_anybody() -> None:
    _keep_settings_by(lambda view, user, asked: (id(view), asked))


@without("settings made for each language", "settings")
def keep_settings_of_any_language() -> None:
    _keep_settings_by(lambda view, user, asked: (id(view), user and user.identifier, asked.chat_profile))


@without("settings made for each chat profile", "settings")
def keep_settings_of_any_profile() -> None:
    _keep_settings_by(lambda view, user, asked: (id(view), user and user.identifier, asked.language))


@without("settings made for each tenant", "settings")
def keep_settings_of_any_tenant() -> None:
    _keep_settings_by(lambda view, user, asked: (user and user.identifier, asked))


def _keep_settings_by(key_of: Callable[[Any, Any, Any], Any]) -> None:
    from runtime.chainlit_host.pages import settings as settings_answers

    make, kept = settings_answers._settings, {}

    async def settings(view: Any, user: Any, asked: Any, **more: Any) -> bytes:
        key = key_of(view, user, asked)
        if key not in kept:
            # With the view, so that its id is not used again.
            kept[key] = view, await make(view, user, asked, **more)
        return kept[key][1]

    settings_answers._settings = settings


@without("events of each tenant apart", "live")
def tell_everybody_the_same() -> None:
    from runtime.live import LiveStreams

    make, told = LiveStreams._event, []

    def event(self: LiveStreams, *args: Any) -> Any:
        told.append(make(self, *args))
        return told[-2] if len(told) > 1 else told[0]

    LiveStreams._event = event


@without("events only for the tenant's pages", "live origin")
def stream_to_any_page() -> None:
    from runtime import live

    live._refusal = lambda headers: None


@without("the state of a sign-in that is posted back", "oauth")
def take_any_posted_state() -> None:
    from runtime.chainlit_host.sign_in.identity_providers import IdentityProviders

    async def check(self: IdentityProviders, values: Any) -> None:
        return None

    IdentityProviders.check_posted_state = check
