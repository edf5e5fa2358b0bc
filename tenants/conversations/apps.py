"""Django's entry for the conversations: their tables are made here and filled by the runtime."""

from django.apps import AppConfig


class ConversationsConfig(AppConfig):
    """Tables of a tenant's schema."""

    name = "tenants.conversations"
    label = "conversations"
    verbose_name = "Conversations"
