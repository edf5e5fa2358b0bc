"""Processes that need not import Django and all views anew: each control plane under attack is a fork of this one."""

import django

from tests.isolation.forking import fork_for_each_line


def main() -> None:
    """Import everything, then fork a control plane for each line of standard input."""
    django.setup()
    # What a first request would import is imported now: a guard is taken out where it is used.
    import controlplane.urls.platform
    import controlplane.urls.tenant  # noqa: F401
    from tests.isolation.control_plane import serving

    fork_for_each_line(serving.main)


if __name__ == "__main__":
    main()
