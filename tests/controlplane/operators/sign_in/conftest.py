"""Operators with and without a second factor, where one is required."""

import pytest
from django.contrib.auth.models import User

from tests.conftest import PASSWORD
from tests.controlplane.operators.sign_in.browsers import Browser, with_app


@pytest.fixture
def required(settings):
    """The setting of production."""
    settings.OPERATOR_SECOND_FACTOR = "required"


@pytest.fixture
def ann(db):
    """A superuser who has a password alone."""
    return User.objects.create_superuser("ann@example.com", "ann@example.com", PASSWORD)


@pytest.fixture
def ben(db):
    """A superuser with an authenticator app; ``ben.app`` shows its codes."""
    return with_app(User.objects.create_superuser("ben@example.com", "ben@example.com", PASSWORD))


@pytest.fixture
def browser():
    """A browser without any cookie."""
    return Browser()
