"""Somebody new comes by the platform's provider in two browsers at once."""

import secrets
from concurrent.futures import ThreadPoolExecutor
from queue import Queue

import pytest
from django.contrib.auth.models import User
from django.db import connection, transaction

from controlplane.operators.models import ExternalOperator
from controlplane.operators.sign_in.provider import OperatorProvider
from controlplane.operators.sign_in.vouching import operator_of
from tenants.identity.oidc.settings import OidcSettings
from tenants.identity.providers.vouching import VouchedPerson
from tenants.identity.visit import Visit
from tenants.registry.models import AuditEntry
from tests.controlplane.supervisor.waiting import wait_until

PROVIDER = OperatorProvider(
    OidcSettings(issuer="https://login.company.example", client_id="operators"),
    secret="",
    label="the company",
    staff_groups=frozenset({"support"}),
    superuser_groups=frozenset(),
    asks_second_factor=False,
)


@pytest.fixture
def person(django_db_setup, django_db_blocker):
    """Somebody whom nobody knows; what is written of them is seen on all connections, and removed afterwards."""
    name = secrets.token_hex(6)
    email = f"{name}@example.com"
    with django_db_blocker.unblock():
        try:
            yield VouchedPerson(subject=name, email=email, email_verified=True, name="Ann Lee", groups=("support",))
        finally:
            ExternalOperator.objects.filter(subject=name).delete()
            User.objects.filter(username=email).delete()
            AuditEntry.objects.filter(target=email).delete()
            connection.close()


def come_in(person) -> int:
    return operator_of(PROVIDER, person, visit=Visit("203.0.113.7", "")).pk


def waits_for_a_lock(pid: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE pid = %s AND NOT granted)", [pid])
        return cursor.fetchone()[0]


def test_of_two_first_sign_ins_at_once_both_get_in_as_the_same_operator(person):
    second: Queue[int] = Queue()

    def come_second() -> int:
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                second.put(cursor.fetchone()[0])
            return come_in(person)
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            first = come_in(person)
            other = pool.submit(come_second)
            pid = second.get(timeout=30)
            # The second has found nobody, for the first is not committed: now it must wait rather than add another.
            wait_until(lambda: other.done() or waits_for_a_lock(pid), seconds=30)
        assert other.result(timeout=30) == first
    assert User.objects.filter(email=person.email).count() == 1
    assert ExternalOperator.objects.get(subject=person.subject).operator_id == first
