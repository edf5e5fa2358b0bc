"""The protocol's view of a tenant's tables."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast

from django.db import transaction
from django.db.models import QuerySet
from django.db.models.expressions import OrderBy
from scim2_models import (
    NotImplementedException,
    PreconditionFailedException,
    Resource,
    ResourceType,
    ResponseParameters,
    SearchRequest,
)
from scim2_server.storage import ScimStorage, SearchPage

from tenants.identity.scim.attributes import GROUP_FIELDS, USER_FIELDS
from tenants.identity.scim.directory import Directory
from tenants.identity.scim.filters import condition_of, order_of
from tenants.identity.scim.groups import add_group, change_group, describe_group, find_group, groups, remove_group
from tenants.identity.scim.people import add_person, change_person, describe_person, find_person, people, remove_person
from tenants.identity.scim.schemas import MOST_RESULTS, Group, User
from tenants.registry.models import Tenant
from tenants.registry.schema import tenant_schema

__all__ = ["DirectoryStorage"]

Parameters = ResponseParameters[Any] | SearchRequest[Any] | None


class DirectoryStorage(ScimStorage):
    """Users and groups of one tenant, for one request; ``writes`` says whether it may change something."""

    def __init__(self, directory: Directory, *, writes: bool) -> None:
        self._directory = directory
        self._writes = writes

    @contextmanager
    def operation(self) -> Iterator[None]:
        """Run in the tenant's schema; a change in one transaction, one after the other, so that versions hold."""
        with transaction.atomic(), tenant_schema(self._directory.tenant):
            if self._writes:
                Tenant.objects.select_for_update(of=("self",)).get(pk=self._directory.tenant.pk)
            yield

    def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: ResponseParameters[Any] | None = None,
    ) -> Resource[Any]:
        """Return a user or a group."""
        if resource_type.id == "User":
            return describe_person(find_person(resource_id))
        with_members = wants_members(response_parameters)
        return describe_group(find_group(resource_id, with_members=with_members), with_members=with_members)

    def search(
        self, resource_types: list[ResourceType], search_request: SearchRequest[Any], *, position: Any = None
    ) -> SearchPage:
        """Return a page. Without an order, those who came first are first, so that newcomers move nobody."""
        if len(resource_types) > 1:
            raise NotImplementedException(detail="Search users or groups, not both at once.")
        if resource_types[0].id == "User":
            total, page = _page(people(), search_request, USER_FIELDS)
            return SearchPage(total, [describe_person(member) for member in page])
        with_members = wants_members(search_request)
        total, page = _page(groups(with_members=with_members), search_request, GROUP_FIELDS)
        return SearchPage(total, [describe_group(group, with_members=with_members) for group in page])

    def create(self, resource_type: ResourceType, resource: Resource[Any]) -> Resource[Any]:
        """Add a user or a group."""
        if resource_type.id == "User":
            return describe_person(add_person(self._directory, cast("User", resource)))
        return describe_group(add_group(self._directory, cast("Group", resource)))

    def update(
        self, resource_type: ResourceType, resource: Resource[Any], *, expected_version: str | None = None
    ) -> Resource[Any]:
        """Change a user or a group."""
        if resource_type.id == "User":
            member = find_person(resource.id)
            _check_version(describe_person(member), expected_version)
            return describe_person(change_person(self._directory, member, cast("User", resource)))
        group = find_group(resource.id)
        _check_version(describe_group(group), expected_version)
        return describe_group(change_group(self._directory, group, cast("Group", resource)))

    def delete(self, resource_type: ResourceType, resource_id: str, *, expected_version: str | None = None) -> None:
        """Remove a user or a group."""
        if resource_type.id == "User":
            member = find_person(resource_id)
            _check_version(describe_person(member), expected_version)
            remove_person(self._directory, member)
            return
        group = find_group(resource_id)
        _check_version(describe_group(group), expected_version)
        remove_group(self._directory, group)


def wants_members(parameters: Parameters) -> bool:
    """Say whether an answer names a group's members: directories leave them out where they only look for groups."""
    if parameters is None:
        return True
    if parameters.attributes:
        return any(_without_urn(path).partition(".")[0] == "members" for path in parameters.attributes)
    return all(_without_urn(path) != "members" for path in parameters.excluded_attributes or ())


def _without_urn(path: str) -> str:
    return str(path).rpartition(":")[2].lower()


def _page(found: QuerySet[Any], request: SearchRequest[Any], fields: Any) -> tuple[int, QuerySet[Any]]:
    if request.filter is not None:
        found = found.filter(condition_of(request.filter.ast, fields))
    order: list[Any] = ["created_at", "pk"]
    if request.sort_by is not None:
        descending = request.sort_order == SearchRequest.SortOrder.descending
        order.insert(0, OrderBy(order_of(str(request.sort_by), fields), descending=descending))
    start = max((request.start_index or 1) - 1, 0)
    count = MOST_RESULTS if request.count is None else min(max(request.count, 0), MOST_RESULTS)
    total = found.count()
    return total, found.order_by(*order)[start : start + count] if count and start < total else found.none()


def _check_version(resource: Resource[Any], expected: str | None) -> None:
    if expected is not None and resource.meta is not None and resource.meta.version != expected:
        raise PreconditionFailedException
