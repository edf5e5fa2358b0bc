"""What lets people in stays out of the log, also where it was refused."""

import logging
import secrets
from uuid import uuid4

import pytest
from django.test import Client
from structlog.stdlib import ProcessorFormatter

LINKS = ("reset", "invitation", "sign-up", "visit", "sign-in/second-factor")


@pytest.fixture
def written(caplog):
    """Return a function that tells what was logged as the process writes it."""
    formatter = next(
        handler.formatter
        for handler in logging.getLogger().handlers
        if isinstance(handler.formatter, ProcessorFormatter)
    )
    return lambda: "\n".join(formatter.format(record) for record in caplog.records)


@pytest.mark.parametrize("link", LINKS)
def test_a_link_that_is_refused_at_one_tenant_may_be_good_at_another(link, acme, globex, written):
    secret = secrets.token_urlsafe(32)

    for tenant in (acme, globex):
        client = Client(headers={"host": f"{tenant.slug}.localhost"})
        assert client.get(f"/settings/{link}/{uuid4()}/{secret}/").status_code == 410

    assert f"Gone: /settings/{link}/" in written()
    assert secret not in written()


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Not Found: /settings/sign-out/at-provider/eyJhIjoxfQ:1vN:c2ln/", "eyJhIjoxfQ:1vN:c2ln"),
        ("Bad Request: /sign-in/callback/?code=4711&state=gAAAAA==", "gAAAAA=="),
        ("wrong: scim_0123abcd_" + "x" * 43, "x" * 43),
    ],
)
def test_secrets_in_any_text_are_taken_out(text, secret, written):
    logging.getLogger("anything").warning(text)

    assert "[redacted]" in written()
    assert secret not in written()
