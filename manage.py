#!/usr/bin/env python
"""Django's command line for the control plane; `manage.py up` starts everything."""

import os
import sys
from importlib import import_module

from django.core.management import execute_from_command_line

WITHOUT_SETTINGS = frozenset({"generate_key", "up"})
"""What makes the very settings that Django would ask for first."""

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "controlplane.settings.dev")
    command = sys.argv[1] if len(sys.argv) > 1 else ""
    if command in WITHOUT_SETTINGS:
        import_module(f"controlplane.management.commands.{command}").Command().run_from_argv(sys.argv)
    else:
        execute_from_command_line(sys.argv)
