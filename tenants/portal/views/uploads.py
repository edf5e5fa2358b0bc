"""Bringing files in, describing and removing them, and how far they are.

Each answers a script with JSON and a form with the page. The file itself goes from the browser to the store, with a
ticket that is given out here.
"""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tenants.assets.models import ROLE_LABELS
from tenants.assets.services.receiving import UploadTicket, begin_upload, cancel_upload, fetch_remote, finish_upload
from tenants.assets.services.slots import AssetSlot, describe_asset, remove_asset
from tenants.contract.errors import DomainError
from tenants.contract.roles import Permission
from tenants.contract.state import NAMED_ROLES, AssetRole
from tenants.portal.files import IMAGE_ROLES, Place, Shelf, in_words
from tenants.portal.outcome import latest_revision, tell_outcome
from tenants.portal.pages import Page, permitted, show, wants_json
from tenants.portal.storage import read_storage
from tenants.registry.drafts import read_draft

__all__ = ["bring_file", "cancel_file", "describe_file", "file_states", "finish_file", "receive_file", "remove_file"]


@require_safe
@permitted(Permission.EDIT_FILES)
def file_states(page: Page) -> HttpResponse:
    """Return how far each file is, with the revision that is live."""
    return _states(page)


@require_POST
@permitted(Permission.EDIT_FILES)
def bring_file(page: Page, role: str) -> HttpResponse:
    """Fetch a file from a web address, or give out a ticket: to a script as JSON, else as a form for the file."""
    name, url = page.request.POST.get("name", ""), page.request.POST.get("url", "").strip()
    try:
        if url:
            fetch_remote(page.tenant.pk, role=role, name=name, url=url, actor=page.actor)
            return _on_its_way(page, role)
        ticket = begin_upload(
            page.tenant.pk,
            role=role,
            name=name,
            file_name=page.request.POST.get("file_name", ""),
            actor=page.actor,
            return_to="" if wants_json(page.request) else _return_address(page, role),
        )
    except DomainError as error:
        return _refuse(page, role, error)
    if wants_json(page.request):
        return JsonResponse({"upload": _ticket_as_json(ticket)}, status=201)
    place = Place(AssetSlot(role=AssetRole(role), name=name))
    context = {"ticket": ticket, "place": place, "largest": in_words(ticket.maximum_bytes), "back": _home(role)}
    return show(page, "portal/upload.html", context, section=_section(role))


@require_POST
@permitted(Permission.EDIT_FILES)
def finish_file(page: Page, asset_id: UUID) -> HttpResponse:
    """Hear from the script that the store has the file; the worker looks into it and publishes it."""
    try:
        finish_upload(page.tenant.pk, asset_id, actor=page.actor)
    except DomainError as error:
        return _refuse(page, "", error)
    return _states(page, status=202)


@require_POST
@permitted(Permission.EDIT_FILES)
def cancel_file(page: Page, asset_id: UUID) -> HttpResponse:
    """Hear from the script that the file did not reach the store."""
    cancel_upload(page.tenant.pk, asset_id, actor=page.actor)
    return _states(page)


@require_safe
@permitted(Permission.EDIT_FILES)
def receive_file(page: Page, role: str) -> HttpResponse:
    """Take a browser back that the store sends here after an upload by the form."""
    # The store names the private key, whose last part is the asset's id.
    asset_id = page.request.GET.get("key", "").rpartition("/")[2]
    try:
        finish_upload(page.tenant.pk, UUID(asset_id), actor=page.actor)
    except ValueError:
        messages.error(page.request, "There is no such upload.")
        return redirect(_home(role))
    except DomainError as error:
        return _refuse(page, role, error)
    return _on_its_way(page, role)


@require_POST
@permitted(Permission.EDIT_FILES)
def describe_file(page: Page, role: str) -> HttpResponse:
    """Say what a picture shows, for people who cannot see it."""
    since = latest_revision(page)
    try:
        describe_asset(
            page.tenant.pk,
            role,
            page.request.POST.get("name", ""),
            alt=page.request.POST.get("alt", ""),
            actor=page.actor,
        )
    except DomainError as error:
        return _refuse(page, role, error)
    if wants_json(page.request):
        return _states(page)
    tell_outcome(page, f"{ROLE_LABELS[AssetRole(role)]} described.", since=since)
    return redirect(_home(role))


@require_POST
@permitted(Permission.EDIT_FILES)
def remove_file(page: Page, role: str) -> HttpResponse:
    """Take a file away; where the app has one of its own that is used again."""
    since = latest_revision(page)
    name = page.request.POST.get("name", "")
    try:
        remove_asset(page.tenant.pk, role, name, actor=page.actor)
    except DomainError as error:
        return _refuse(page, role, error)
    if wants_json(page.request):
        return _states(page)
    tell_outcome(page, f"{name or ROLE_LABELS[AssetRole(role)]} removed.", since=since)
    return redirect(_home(role))


def _ticket_as_json(ticket: UploadTicket) -> dict[str, object]:
    return {
        "url": ticket.url,
        "fields": ticket.fields,
        "maximum_bytes": ticket.maximum_bytes,
        "finish_url": reverse("portal:finish_file", args=[ticket.asset_id]),
        "cancel_url": reverse("portal:cancel_file", args=[ticket.asset_id]),
    }


def _states(page: Page, *, status: int = 200) -> HttpResponse:
    places = Shelf(page.tenant).all
    body = {
        "places": [place.as_json() for place in places],
        "storage": read_storage(page.tenant).as_json(),
        "revision": latest_revision(page).revision,
        "waits": read_draft(page.tenant) is not None,
    }
    return JsonResponse(body, status=status)


def _on_its_way(page: Page, role: str) -> HttpResponse:
    if wants_json(page.request):
        return _states(page, status=202)
    messages.info(page.request, "The file is being checked. It goes live in a moment.")
    return redirect(_home(role))


def _refuse(page: Page, role: str, error: DomainError) -> HttpResponse:
    if wants_json(page.request):
        return JsonResponse({"error": {"code": error.code, "message": error.message}}, status=error.status)
    messages.error(page.request, error.message)
    return redirect(_home(role))


def _return_address(page: Page, role: str) -> str:
    # A role that there is not is refused before the address is used.
    return page.request.build_absolute_uri(reverse("portal:receive_file", args=[role]))


def _section(role: str) -> str:
    return "branding" if role in IMAGE_ROLES else "files"


def _home(role: str) -> str:
    """Return where the places of a role are."""
    if role in IMAGE_ROLES:
        return reverse("portal:branding") + "#images"
    return reverse("portal:files") + f"#{role if role in NAMED_ROLES else 'code'}"
