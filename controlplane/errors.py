"""The page for what nobody caught: 503 when the database is away, 500 otherwise."""

import sys

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views.defaults import server_error

from controlplane.middleware import database_away_page

__all__ = ["uncaught_error"]


def uncaught_error(request: HttpRequest) -> HttpResponse:
    """Answer an exception that went through all of Django, which calls this while it is being handled."""
    error = sys.exc_info()[1]
    if isinstance(error, OperationalError | InterfaceError):
        return database_away_page(request)
    return server_error(request)
