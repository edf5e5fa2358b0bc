"""Where each attribute of users and groups has its one place in the tables; the names are in lower case."""

from collections.abc import Mapping

from django.db.models import F, OuterRef
from django.db.models.functions import Coalesce

from tenants.identity.scim.compounds import Complex, Many
from tenants.identity.scim.fields import Constant, Field, Identifier, Known, Moment, Order, Switch, Text
from tenants.identity.scim.models import ScimEmail, ScimGroup
from tenants.workspace.models import Member

__all__ = ["GROUP_FIELDS", "USER_FIELDS"]


def _meta(kind: str, modified: Order) -> Complex:
    return Complex(
        {
            "resourcetype": Constant(kind, exact=True),
            "created": Moment(F("created_at")),
            "lastmodified": Moment(modified),
        }
    )


USER_FIELDS: Mapping[str, Field] = {
    "id": Identifier(),
    "externalid": Known(Text("external_id", exact=True)),
    "username": Text("email", folded=True),
    "displayname": Text("name"),
    "name": Complex(
        {
            "formatted": Known(Text("formatted_name")),
            "givenname": Known(Text("given_name")),
            "familyname": Known(Text("family_name")),
        }
    ),
    "active": Switch("is_active"),
    "emails": Many(
        lambda: ScimEmail.objects.filter(user=OuterRef("pk")),
        {"value": Text("value"), "type": Text("type"), "display": Text("display"), "primary": Switch("is_primary")},
    ),
    "groups": Many(
        lambda: ScimGroup.objects.filter(members=OuterRef("pk")),
        {"value": Identifier(), "display": Text("display_name"), "type": Constant("direct")},
    ),
    "roles": Complex({"value": Text("role"), "primary": Constant(value=True)}),
    "meta": _meta("User", Coalesce(F("directory__updated_at"), F("created_at"))),
    "schemas": Constant("urn:ietf:params:scim:schemas:core:2.0:User", exact=True),
}
GROUP_FIELDS: Mapping[str, Field] = {
    "id": Identifier(),
    "externalid": Text("external_id", exact=True),
    "displayname": Text("display_name"),
    "members": Many(
        lambda: Member.objects.filter(directory_groups=OuterRef("pk")),
        {"value": Identifier(), "type": Constant("User")},
    ),
    "meta": _meta("Group", F("updated_at")),
    "schemas": Constant("urn:ietf:params:scim:schemas:core:2.0:Group", exact=True),
}
