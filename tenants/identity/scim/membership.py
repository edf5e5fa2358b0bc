"""In which groups of the directory somebody is."""

from tenants.identity.scim.models import ScimGroup

__all__ = ["groups_of"]


def groups_of(email: str) -> list[str]:
    """Return the names of the groups of the bound tenant in which the member with an e-mail address is."""
    groups = ScimGroup.objects.filter(members__email=email.strip().lower())
    return list(groups.values_list("display_name", flat=True))
