"""Uploading and removing images, and how far they are. Each answers a script with JSON and a form with the page.

The file itself goes from the browser to the store, with a ticket that is given out here.
"""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tenants.assets.models import ROLE_LABELS
from tenants.assets.pipeline.formats import accepted_content_types
from tenants.assets.services.receiving import UploadTicket, begin_upload, cancel_upload, finish_upload
from tenants.assets.services.slots import remove_asset
from tenants.contract.errors import DomainError
from tenants.contract.state import AssetRole
from tenants.portal.outcome import latest_revision, tell_outcome
from tenants.portal.pages import Page, members_only, show, wants_json
from tenants.portal.uploads import image_slots

__all__ = ["cancel_image", "finish_image", "image_states", "receive_image", "remove_image", "upload_image"]


@require_safe
@members_only
def image_states(page: Page) -> HttpResponse:
    """Return how far each image is, with the revision that is live."""
    return _states(page)


@require_POST
@members_only
def upload_image(page: Page, role: str) -> HttpResponse:
    """Give out the ticket to upload an image with: to a script as JSON, else as a form to choose the file in."""
    with_script = wants_json(page.request)
    return_to = "" if with_script else page.request.build_absolute_uri(reverse("portal:receive_image"))
    try:
        ticket = begin_upload(
            page.tenant.pk,
            role=role,
            file_name=page.request.POST.get("file_name", ""),
            actor=page.actor,
            return_to=return_to,
        )
    except DomainError as error:
        return _refuse(page, error.code, error.message, status=error.status)
    if with_script:
        return JsonResponse({"upload": _as_json(ticket)}, status=201)
    asset_role = AssetRole(role)
    context = {
        "ticket": ticket,
        "title": ROLE_LABELS[asset_role],
        "accept": ",".join(accepted_content_types(asset_role)),
        "maximum_megabytes": ticket.maximum_bytes // 1024**2,
    }
    return show(page, "portal/upload.html", context, section="branding")


@require_POST
@members_only
def finish_image(page: Page, asset_id: UUID) -> HttpResponse:
    """Hear from the script that the store has the file; the worker looks into it and publishes it."""
    try:
        finish_upload(page.tenant.pk, asset_id)
    except DomainError as error:
        return _refuse(page, error.code, error.message, status=error.status)
    return _states(page, status=202)


@require_POST
@members_only
def cancel_image(page: Page, asset_id: UUID) -> HttpResponse:
    """Hear from the script that the file did not reach the store."""
    cancel_upload(page.tenant.pk, asset_id)
    return _states(page)


@require_safe
@members_only
def receive_image(page: Page) -> HttpResponse:
    """Take a browser back that the store sends here after an upload by the form."""
    try:
        finish_upload(page.tenant.pk, _asset_id(page.request.GET.get("key", "")))
    except DomainError as error:
        return _refuse(page, error.code, error.message, status=error.status)
    messages.info(page.request, "The image is being checked and goes live in a moment.")
    return _back()


@require_POST
@members_only
def remove_image(page: Page, role: str) -> HttpResponse:
    """Take an image away; the app's own is shown again."""
    since = latest_revision(page)
    try:
        remove_asset(page.tenant.pk, role, actor=page.actor)
    except DomainError as error:
        return _refuse(page, error.code, error.message, status=error.status)
    if wants_json(page.request):
        return _states(page)
    tell_outcome(page, f"{ROLE_LABELS[AssetRole(role)]} removed.", since=since)
    return _back()


def _as_json(ticket: UploadTicket) -> dict[str, object]:
    return {
        "url": ticket.url,
        "fields": ticket.fields,
        "maximum_bytes": ticket.maximum_bytes,
        "finish_url": reverse("portal:finish_image", args=[ticket.asset_id]),
        "cancel_url": reverse("portal:cancel_image", args=[ticket.asset_id]),
    }


def _asset_id(key: str) -> str:
    """Return the last part of a private key, which is the asset's id."""
    return key.rpartition("/")[2]


def _states(page: Page, *, status: int = 200) -> HttpResponse:
    body = {"images": [slot.as_json() for slot in image_slots(page.tenant)], "revision": latest_revision(page)}
    return JsonResponse(body, status=status)


def _refuse(page: Page, code: str, message: str, *, status: int = 422) -> HttpResponse:
    if wants_json(page.request):
        return JsonResponse({"error": {"code": code, "message": message}}, status=status)
    messages.error(page.request, message)
    return _back()


def _back() -> HttpResponse:
    return redirect(reverse("portal:branding") + "#images")
