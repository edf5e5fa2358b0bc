"""Take an operator's second factors away and end their sessions: for somebody who has lost phone and recovery codes."""

from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError, CommandParser

from controlplane.operators.sign_in.factors import reset_second_factor
from tenants.registry.actor import SYSTEM


class Command(BaseCommand):
    """Make sure by another way that it is really they who ask."""

    help = __doc__ or ""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", help="the operator's username")

    def handle(self, *_args: Any, username: str, **_options: Any) -> None:
        operator = User.objects.filter(username=username).first()
        if operator is None:
            raise CommandError(f"There is no operator {username}.")
        reset_second_factor(operator, actor=SYSTEM)
        self.stdout.write(f"{username} has no second factor and is signed out; the next sign-in sets one up.")
