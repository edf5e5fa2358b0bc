"""A CDN in front of tenants' hosts: told to forget what an edit has changed under a name that stays."""

from tenants.assets.cdn.invalidation import Invalidation, configured_invalidation
from tenants.assets.cdn.paths import changed_paths

__all__ = ["Invalidation", "changed_paths", "configured_invalidation"]
