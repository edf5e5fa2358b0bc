"""`manage.py up`: the whole stack on this machine (the Makefile calls the supervisor itself)."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from controlplane.supervisor import run


class Command(BaseCommand):
    """Start every service and process and keep them running until a signal comes."""

    help = "Run the whole stack on this machine: database, broker, storage, gateway and all processes."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--port", type=int, help="port of the gateway (default: PORT, or 8000)")
        parser.add_argument("--data-dir", type=Path, help="where everything is kept (default: DATA_DIR, or .data)")
        parser.add_argument("--no-demo", action="store_true", help="start without the demo tenants and sign-ins")
        parser.add_argument("--app", type=Path, help="folder of a Chainlit app to develop: a demo tenant, live reload")

    def handle(self, *_: Any, **options: Any) -> None:
        chosen = {name: options[name] for name in ("port", "data_dir", "app")}
        sys.exit(run(**chosen, demo=not options["no_demo"]))
