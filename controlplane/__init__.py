"""The control plane: Django project, operators' admin, Celery and the supervisor behind `make up`."""
