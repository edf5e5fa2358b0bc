"""Celery, whose workers may fetch from one port of this machine, as the product's own never do.

``python -m tests.faults.fetching_worker <port> -A controlplane worker`` takes the place of ``python -m celery``.
"""

import sys

import django
from celery.bin.celery import main


def fetch_from(port: int) -> None:
    """Put a lenient fetcher in the strict one's place."""
    from tenants.assets.fetching import Fetcher
    from tenants.assets.services import processing

    lenient = Fetcher(https_only=False, ports=frozenset({port}), may_connect=lambda _address: True)
    processing.fetch = lenient.fetch


if __name__ == "__main__":
    django.setup()
    fetch_from(int(sys.argv.pop(1)))
    main()
