"""An app of ``CHAINLIT_APPS_DIR``: its loading, its settings, its texts, and what its hooks are given."""
