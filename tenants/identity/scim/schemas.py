"""What is spoken at the SCIM addresses: the resources, the capabilities, and how lenient we are (RFC 7643).

The attributes are those that a tenant has a place for. What else a directory sends (titles, phone numbers, managers) is
taken without complaint and dropped, as RFC 7644 section 3.3 lets a service do: directories send all they have.
"""

import json
from functools import cache
from typing import Annotated, Any

from pydantic import Field
from scim2_models import (
    URN,
    AuthenticationScheme,
    Bulk,
    CaseExact,
    ChangePassword,
    ComplexAttribute,
    Context,
    ETag,
    Filter,
    InvalidFilterException,
    InvalidPathException,
    InvalidSyntaxException,
    Mutability,
    Patch,
    PatchOp,
    PayloadTooLargeException,
    Reference,
    Required,
    Resource,
    ResourceType,
    ResponseParameters,
    ScimPolicy,
    ScimProvider,
    SearchRequest,
    ServiceProviderConfig,
    Sort,
    Uniqueness,
)
from scim2_server.responses import ScimResponse
from scim2_server.service import ScimService

__all__ = [
    "MOST_RESULTS", "Email", "Group", "GroupMember", "GroupOfUser", "PersonName", "RoleOfUser", "User", "scim_service",
]  # fmt: skip

MOST_RESULTS = 200
"""Resources on one page of a list."""
MOST_OPERATIONS = 1000
"""Operations of one change; Entra sends a few, Okta a hundred members at once."""
LONGEST_FILTER = 8000
"""Characters of a filter or a path, which are looked at before they are parsed: parsing takes time."""


class PersonName(ComplexAttribute):
    """The parts of a name."""

    formatted: str | None = None
    """The whole name as it is shown."""
    family_name: str | None = None
    """The surname."""
    given_name: str | None = None
    """The first name."""


class Email(ComplexAttribute):
    """An address that the directory knows of a person."""

    value: str | None = None
    """The address."""
    display: str | None = None
    """A name for it."""
    type: str | None = Field(None, examples=["work", "home", "other"])
    """What it is used for."""
    primary: bool | None = None
    """Whether it is the preferred one."""


class GroupOfUser(ComplexAttribute):
    """A group that somebody is in."""

    value: Annotated[str | None, Mutability.read_only, CaseExact.true] = None
    """The group's id."""
    ref: Annotated[Reference["Group"] | None, Mutability.read_only] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """The group's address."""
    display: Annotated[str | None, Mutability.read_only] = None
    """The group's name."""
    type: Annotated[str | None, Mutability.read_only] = Field(None, examples=["direct"])
    """Always “direct”: groups are not nested."""


class RoleOfUser(ComplexAttribute):
    """What somebody may do here."""

    value: Annotated[str | None, Mutability.read_only] = Field(None, examples=["owner", "admin", "member"])
    """The role's name."""
    primary: Annotated[bool | None, Mutability.read_only] = None
    """Always true: everybody has one role."""


class User(Resource):  # type: ignore[type-arg]  # without extensions
    """A member. The role follows from groups and from what administrators choose, so it is only told."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:User")

    user_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    """The e-mail address by which the person signs in."""
    name: PersonName | None = None
    """The parts of the name."""
    display_name: str | None = None
    """The name as it is shown."""
    active: bool | None = None
    """Whether the person may sign in."""
    emails: list[Email] | None = None
    """Addresses that the directory keeps."""
    groups: Annotated[list[GroupOfUser] | None, Mutability.read_only] = None
    """The groups that the person is in."""
    roles: Annotated[list[RoleOfUser] | None, Mutability.read_only] = None
    """What the person may do here."""


class GroupMember(ComplexAttribute):
    """Somebody in a group."""

    value: Annotated[str | None, Mutability.immutable, CaseExact.true] = None
    """The user's id."""
    ref: Annotated[Reference["User"] | None, Mutability.immutable] = Field(
        None, serialization_alias="$ref", validation_alias="$ref"
    )
    """The user's address."""
    type: Annotated[str | None, Mutability.immutable] = Field(None, examples=["User"])
    """Always “User”: groups are not nested."""


class Group(Resource):  # type: ignore[type-arg]  # without extensions
    """A group of the directory. Administrators may tie a role to it."""

    __schema__ = URN("urn:ietf:params:scim:schemas:core:2.0:Group")

    display_name: Annotated[str | None, Uniqueness.server, Required.true] = None
    """The group's name."""
    members: list[GroupMember] | None = None
    """Who is in it."""


class DirectoryService(ScimService):
    """The protocol as directories know it best."""

    def read_patch(self, resource_type: ResourceType, body: bytes, content_type: str | None) -> "PatchOp[Any]":
        """Read a change. Of people to take out of a group the id alone counts: Entra adds an empty reference to it."""
        payload = self.decode_body(body, content_type)
        operations = _operations(payload)
        if len(operations) > MOST_OPERATIONS:
            raise PayloadTooLargeException(detail=f"Send at most {MOST_OPERATIONS} operations at once.")
        for operation in operations:
            if len(str(operation.get("path", ""))) > LONGEST_FILTER:
                raise InvalidPathException(detail=f"A path has at most {LONGEST_FILTER} characters.")
            entries = operation.get("value")
            if str(operation.get("op")).lower() == "remove" and isinstance(entries, list):
                operation["value"] = [_by_id(entry) for entry in entries]
        return super().read_patch(resource_type, json.dumps(payload).encode(), content_type)

    def read_search(self, resource_types: list[ResourceType], payload: Any) -> tuple[SearchRequest[Any], Any]:
        """Read what a list is asked for."""
        if isinstance(payload, dict) and len(str(payload.get("filter", ""))) > LONGEST_FILTER:
            raise InvalidFilterException(detail=f"A filter has at most {LONGEST_FILTER} characters.")
        return super().read_search(resource_types, payload)

    def decode_body(self, body: bytes, content_type: str | None) -> Any:
        """Read JSON; what is nested deeper than Python reads is no request of anybody's."""
        try:
            return super().decode_body(body, content_type)
        except RecursionError as error:
            raise InvalidSyntaxException from error

    def patch_response(
        self, base_url: str, resource: Resource[Any], response_parameters: ResponseParameters[Any]
    ) -> ScimResponse:
        """Answer a changed user with all of it, which Okta reads; a group with nothing, for it may be long."""
        if isinstance(resource, User):
            published = self.publish(base_url, resource)
            return self.resource_response(published, Context.RESOURCE_PATCH_RESPONSE, response_parameters)
        return super().patch_response(base_url, resource, response_parameters)


def _operations(payload: Any) -> list[dict[str, Any]]:
    operations = payload.get("Operations") if isinstance(payload, dict) else None
    return [entry for entry in operations if isinstance(entry, dict)] if isinstance(operations, list) else []


def _by_id(entry: Any) -> Any:
    return {"value": entry["value"]} if isinstance(entry, dict) and "value" in entry else entry


@cache
def scim_service() -> DirectoryService:
    """Return the protocol's service; it holds no tenant's values."""
    config = ServiceProviderConfig(
        patch=Patch(supported=True),
        bulk=Bulk(supported=False, max_operations=0, max_payload_size=0),
        filter=Filter(supported=True, max_results=MOST_RESULTS),
        change_password=ChangePassword(supported=False),
        sort=Sort(supported=True),
        etag=ETag(supported=True),
        authentication_schemes=[
            AuthenticationScheme(
                type=AuthenticationScheme.Type.oauthbearertoken,
                name="Bearer token",
                description="A token that an administrator makes on the settings' Access page.",
                primary=True,
            )
        ],
    )
    policy = ScimPolicy(
        unknown=ScimPolicy.Unknown.ignore,
        # Microsoft Entra takes people out of groups by a value, and puts addresses into entries that are not there yet.
        remove_value_as_filter=ScimPolicy.RemoveValue.apply,
        unmatched_path_filter=ScimPolicy.UnmatchedPathFilter.create,
    )
    return DirectoryService(ScimProvider(models=[User, Group], config=config, policy=policy))
