"""What a provider may be called: nothing that an address of its pages means already."""

import re

import pytest

from tenants.contract.errors import InvalidValueError
from tenants.identity.providers.checks import RESERVED_IDS
from tenants.identity.providers.services import add_provider
from tenants.portal.urls import urlpatterns
from tests.tenants.identity.people import offer_provider

PLACE = re.compile(r"<slug:(?:provider|method)_id>")


@pytest.mark.parametrize("word", sorted(RESERVED_IDS))
def test_a_word_of_the_pages_is_refused_with_what_to_do(acme, operator, word):
    with pytest.raises(InvalidValueError) as refusal:
        add_provider(acme.pk, word, kind="header", actor=operator)
    assert (refusal.value.code, refusal.value.field) == ("provider_id_reserved", "id")
    assert refusal.value.message == f"“{word}” means something else here. Choose another short name."
    offer_provider(acme, operator, f"{word}-it")


def test_every_word_that_stands_in_the_place_of_a_providers_name_is_reserved():
    """A page that is added beside those of providers must not take a provider's place."""
    routes = [str(entry.pattern) for entry in urlpatterns]
    before = {route[: place.start()] for route in routes if (place := PLACE.search(route))}
    assert {"access/providers/", "access/proxies/", "sign-in/with/"} <= before
    words = {
        route.removeprefix(prefix).split("/")[0] for route in routes for prefix in before if route.startswith(prefix)
    }
    assert {word for word in words if word and not word.startswith("<")} <= RESERVED_IDS
