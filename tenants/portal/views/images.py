"""Uploading and removing images, and how far they are. Each answers a script with JSON and a form with the page."""

from typing import BinaryIO, cast

from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from tenants.assets.models import ROLE_LABELS
from tenants.assets.services.uploads import receive_asset, remove_asset
from tenants.contract.errors import DomainError
from tenants.contract.state import AssetRole
from tenants.portal.outcome import latest_revision, tell_outcome
from tenants.portal.pages import Page, members_only, wants_json
from tenants.portal.uploads import image_slots

__all__ = ["image_states", "remove_image", "upload_image"]


@require_safe
@members_only
def image_states(page: Page) -> HttpResponse:
    """Return how far each image is, with the revision that is live."""
    return _states(page)


@require_POST
@members_only
def upload_image(page: Page, role: str) -> HttpResponse:
    """Take a file; the worker looks into it and publishes it."""
    upload = page.request.FILES.get("content")
    if not isinstance(upload, UploadedFile):
        return _refuse(page, "file_missing", "Choose a file first.")
    try:
        receive_asset(
            page.tenant.pk,
            role=role,
            name=upload.name or "",
            content=cast("BinaryIO", upload),
            size=upload.size or 0,
            actor=page.actor,
        )
    except DomainError as error:
        return _refuse(page, error.code, error.message, status=error.status)
    if wants_json(page.request):
        return _states(page, status=202)
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
