"""Guards of what providers and proxies say."""

from types import SimpleNamespace
from typing import Any

import jwt

from tests.isolation.control_plane.mutations.guards import hashed_for_whom_it_is_stored, without

OIDC = ("journey", "stolen journey")


@without("a sign-in's state is bound to its browser", *OIDC)
def keep_journeys_by_state() -> None:
    """Keep what belongs to a state on the server, so that whoever brings the state has the rest."""
    from tenants.identity.oidc import flow

    set_out, kept = flow.set_out, {}

    def set_out_and_keep(*args: Any, **named: Any) -> Any:
        sealed = set_out(*args, **named)
        kept[sealed.journey.id] = sealed.journey
        return sealed

    flow.set_out = set_out_and_keep
    flow.open_cookie = lambda value, state: kept[state.id]


@without("a sign-in's state is bound to its tenant", *OIDC)
def take_states_of_any_tenant() -> None:
    _come_back(lambda state, tenant, host: True)


@without("a sign-in's state is bound to its host", *OIDC)
def take_states_of_any_host() -> None:
    _come_back(lambda state, tenant, host: state.tenant == str(tenant.pk))


def _come_back(belongs: Any) -> None:
    from tenants.identity.oidc import flow
    from tenants.portal.views import sign_in_with
    from tenants.registry.schema import tenant_schema

    def come_back(tenant: Any, answer: Any, cookies: Any, *, host: str) -> Any:
        state = flow.open_state(answer.state)
        if not belongs(state, tenant, host):
            raise flow.StateInvalidError
        journey = flow.open_cookie(cookies.get(flow.cookie_name(state.id), ""), state)
        with tenant_schema(tenant):
            flow.spend(state)
        return state, journey

    sign_in_with.come_back = come_back


@without("a sign-in's state is good for once", "replayed journey")
def take_states_again() -> None:
    from tenants.identity.oidc import flow

    flow.spend = lambda state: None


@without("a token's nonce", "token of a provider")
def take_tokens_of_other_sign_ins() -> None:
    _read_tokens_with(lambda claims: {"nonce": claims.get("nonce", "")})


@without("a token's audience", "token of a provider")
def take_tokens_of_other_clients() -> None:
    def present(claims: dict[str, Any]) -> dict[str, Any]:
        audience = claims["aud"]
        return {"client_id": audience if isinstance(audience, str) else audience[0]}

    _read_tokens_with(present)


def _read_tokens_with(present: Any) -> None:
    """Have tokens be held against what they say themselves."""
    from tenants.identity.oidc import exchange

    read = exchange.read_id_token

    def read_as_it_says(token: str, **expected: Any) -> Any:
        claims = jwt.decode(token, options={"verify_signature": False})
        return read(token, **{**expected, **present(claims)})

    exchange.read_id_token = read_as_it_says


@without("each SAML assertion is used once", "saml replay")
def forget_assertions() -> None:
    from tenants.identity.saml import arrivals

    rows = SimpleNamespace(filter=arrivals.SeenAssertion.objects.filter, get_or_create=lambda **_: (None, True))
    arrivals.SeenAssertion = SimpleNamespace(objects=rows)


@without("the ticket of an arrival is used once", "saml replay")
def keep_arrivals() -> None:
    from tenants.portal.views import saml

    saml.collect_arrival = saml.look_at_arrival


@without("a SAML question is bound to its browser", "saml answer", "saml ticket")
def keep_questions_by_id() -> None:
    from tenants.portal.views import saml

    remember, kept = saml.remember_question, {}

    def remember_and_keep(request: Any, response: Any, tenant: Any, question: Any) -> Any:
        kept[question.id] = question
        return remember(request, response, tenant, question)

    saml.remember_question = remember_and_keep
    saml.recall_question = lambda request, tenant, provider, question_id: kept.get(question_id)


@without("a SAML question is bound to its tenant", "saml answer")
def sign_questions_alike() -> None:
    from tenants.identity.saml import browser

    browser._salt = lambda tenant: "of everybody"


@without("the audience of a SAML answer", "saml document")
def take_any_audience() -> None:
    _overlook("AUDIENCE")


@without("the recipient of a SAML answer", "saml document")
def take_any_recipient() -> None:
    _overlook("RECIPIENT")


def _overlook(reason: str) -> None:
    """Have one reason to refuse count for nothing; what the library checks itself goes on being checked."""
    from tenants.identity.saml import responses

    expect = responses._expect

    def expect_all_but_one(holds: bool, why: Any, detail: str = "") -> None:
        expect(holds or why.name == reason, why, detail)

    responses._expect = expect_all_but_one


@without("a SAML answer is signed", "saml document")
def take_unsigned_answers() -> None:
    from tenants.identity.saml import responses
    from tenants.identity.saml.structure import ASSERTION

    responses.signed_elements = lambda document: {ASSERTION}
    responses.check_answer = lambda answer, provider, request_id: None


@without("relay states lead to a path of the same host", "saml relay state")
def follow_any_relay_state() -> None:
    from tenants.identity.saml import services

    services.safe_path = lambda value, *, default="/": value


@without("a proxy's secret is bound to its tenant", "proxy")
def take_secrets_of_any_tenant() -> None:
    from tenants.identity.proxies import secrets

    secrets._hash = hashed_for_whom_it_is_stored(secrets._hash, secrets.ProxySecret)


@without("a proxy proves itself by its secret", "proxy")
def take_any_secret() -> None:
    from tenants.identity.proxies import secrets

    secrets.constant_time_compare = lambda stored, presented: True


@without("what a proxy says is said once", "proxy")
def take_the_last_of_two_headers() -> None:
    from tenants.identity.proxies import signing_in

    def last(headers: Any, name: str) -> str:
        return next((value.decode() for sent, value in reversed(tuple(headers)) if sent == name.encode()), "")

    signing_in.sent_value = last
