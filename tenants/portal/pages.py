"""What every page of the settings shares: who may see it, its frame, its headers."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme

from tenants.contract.networks import Networks, normalise_address
from tenants.contract.roles import Permission
from tenants.identity.browser import keep_token, live_state
from tenants.portal.brand import image_origin, live_publication, read_brand, upload_origin
from tenants.portal.history import describe_publisher
from tenants.portal.sessions import current_member
from tenants.portal.visiting import current_visit, forget_visit, has_visit, operators_address, owners_eyes
from tenants.registry.actor import Actor, NotPermittedError
from tenants.registry.differences import Change
from tenants.registry.drafts import read_draft
from tenants.registry.models import PlatformVisit, ScheduledPublication, Tenant
from tenants.registry.services.platform_visits import note_seen, viewer
from tenants.workspace.acting import member_actor
from tenants.workspace.app_schemas import has_schema
from tenants.workspace.models import Member
from tenants.workspace.services.scheduling import latest_schedule

__all__ = [
    "Page", "Section", "gate", "harden", "members_only", "permitted", "public", "safe_next", "show",
    "signed_in",
    "wants_json",
]  # fmt: skip

Parameters = ParamSpec("Parameters")
THEMES = (("", "As the system"), ("light", "Light"), ("dark", "Dark"))


@dataclass(frozen=True)
class Section:
    """An entry of the rail."""

    name: str
    title: str
    icon: str
    permission: Permission
    group: str = ""


SECTIONS = (
    Section("overview", "Overview", "overview", Permission.USE_SETTINGS),
    Section("branding", "Branding", "branding", Permission.EDIT_BRANDING, "Chat"),
    Section("chat", "Chat", "chat", Permission.EDIT_FEATURES, "Chat"),
    Section("files", "Files", "files", Permission.EDIT_FILES, "Chat"),
    Section("features", "Features & interface", "features", Permission.EDIT_FEATURES, "Chat"),
    Section("flags", "Flags", "flags", Permission.EDIT_FLAGS, "Chat"),
    Section("app_settings", "App settings", "app_settings", Permission.EDIT_APP_SETTINGS, "Chat"),
    Section("environment", "Environment", "environment", Permission.SEE_ENVIRONMENT, "Chat"),
    Section("access", "Access", "access", Permission.MANAGE_ENTRY, "People"),
    Section("members", "Members", "members", Permission.MANAGE_MEMBERS, "People"),
    Section("conversations", "Conversations", "conversations", Permission.READ_CONVERSATIONS, "Activity"),
    Section("usage", "Usage", "usage", Permission.USE_SETTINGS, "Activity"),
    Section("history", "History", "history", Permission.USE_SETTINGS, "Activity"),
)


PROFILE = Section("profile", "Your profile", "profile", Permission.EDIT_OWN_PROFILE)


@dataclass(frozen=True)
class Page:
    """A request on a tenant's domain, with what the middleware and the guard found out."""

    request: HttpRequest
    tenant: Tenant
    member: Member
    sign_in_id: UUID
    method: str
    visit: PlatformVisit | None = None

    @property
    def posted(self) -> QueryDict | None:
        """What a form sent, or None when the page is only looked at."""
        return self.request.POST if self.request.method == "POST" else None

    @property
    def actor(self) -> Actor:
        """The member as the services see one; an operator who looks in a member's place may change nothing."""
        if self.visit is not None:
            return viewer(self.visit)
        return member_actor(self.member, address=self.request.META.get("REMOTE_ADDR", ""), method=self.method)

    def shows(self, permission: Permission) -> bool:
        """Say whether the page shows what belongs to a permission; on a visit, what an owner is shown."""
        return member_actor(self.member).may(permission)


def public(view: Callable[Concatenate[HttpRequest, Tenant, Parameters], HttpResponse]) -> Callable[..., HttpResponse]:
    """Let anyone see a page; never stored by browsers or proxies."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponse:
        tenant: Tenant = request.tenant  # type: ignore[attr-defined]  # TenantMiddleware sets it
        return harden(_refuse_network(request, tenant) or view(request, tenant, *args, **kwargs))

    return guarded


def permitted(
    permission: Permission,
) -> Callable[[Callable[Concatenate[Page, Parameters], HttpResponse]], Callable[..., HttpResponse]]:
    """Let who is signed in and has a permission see a page; members without are told whom to ask.

    It keeps what a page shows from whoever may not see it; what a page does is refused by the services themselves. An
    operator on a visit sees what an owner sees, and whatever such a browser sends is refused.
    """

    def guard(view: Callable[Concatenate[Page, Parameters], HttpResponse]) -> Callable[..., HttpResponse]:
        @wraps(view)
        def guarded(page: Page, /, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponse:
            try:
                page.actor.expect(Permission.USE_SETTINGS)
                page.actor.expect(permission)
            except NotPermittedError as error:
                return _refuse_member(page, error)
            return view(page, *args, **kwargs)

        as_member = signed_in(guarded)

        @wraps(view)
        def visited(request: HttpRequest, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponse:
            if not has_visit(request):
                return as_member(request, *args, **kwargs)
            page = _visited(request)
            return harden(view(page, *args, **kwargs) if isinstance(page, Page) else page)

        return visited

    return guard


members_only = permitted(Permission.USE_SETTINGS)
"""Let those see a page who may see the settings at all."""


def signed_in(view: Callable[Concatenate[Page, Parameters], HttpResponse]) -> Callable[..., HttpResponse]:
    """Let every member who is signed in see a page, which is their own; all others are led to the sign-in."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: Parameters.args, **kwargs: Parameters.kwargs) -> HttpResponse:
        tenant: Tenant = request.tenant  # type: ignore[attr-defined]  # TenantMiddleware sets it
        if has_visit(request):
            return harden(_refuse_change(request, tenant) if request.method == "POST" else redirect("portal:overview"))
        if (refused := _refuse_network(request, tenant)) is not None:
            return harden(refused)
        current = current_member(request, tenant)
        if current is None:
            return harden(_ask_to_sign_in(request))
        page = Page(request, tenant, current.member, current.sign_in_id, current.method)
        response = harden(view(page, *args, **kwargs))
        # What the page's script asks for by itself is nobody's use.
        asks_by_itself = wants_json(request) and request.method == "GET"
        return response if asks_by_itself else keep_token(request, response, tenant)

    return guarded


def show(page: Page, template: str, context: dict[str, Any], *, section: str, status: int = 200) -> HttpResponse:
    """Render a page in the frame of the settings."""
    groups: dict[str, list[Section]] = {}
    for entry in SECTIONS:
        if page.shows(entry.permission) and (entry.name != "app_settings" or has_schema(page.tenant.app)):
            groups.setdefault(entry.group, []).append(entry)
    frame = {
        "brand": read_brand(live_publication(page.tenant)),
        "tenant": page.tenant,
        "member": page.member,
        "section": next(entry for entry in (*SECTIONS, PROFILE) if entry.name == section),
        "section_groups": groups,
        "theme": chosen_theme(page.request),
        "themes": THEMES,
        "visit": page.visit,
        "waiting": read_waiting(page),
    }
    return render(page.request, template, frame | context, status=status)


@dataclass(frozen=True)
class Waiting:
    """The bar of changes that wait; ``asks`` is whom to ask where the member may not decide over all of them.

    ``plan`` is when they are to be published, by ``planner``; or one that was refused, with the reason.
    """

    checksum: str
    changes: list[Change]
    asks: str
    plan: ScheduledPublication | None
    planner: str


def read_waiting(page: Page) -> Waiting | None:
    """Return what waits to be published at the page's tenant, or None."""
    draft = read_draft(page.tenant)
    if draft is None:
        return None
    lacking = [permission for permission in {Permission.PUBLISH, *draft.permissions} if not page.shows(permission)]
    asks = NotPermittedError(min(lacking)).message if lacking else ""
    plan = latest_schedule(page.tenant)
    planner = describe_publisher(page.tenant, plan.actor) if plan else ""
    return Waiting(draft.checksum, draft.changes, asks, plan, planner)


def chosen_theme(request: HttpRequest) -> str:
    """Return the theme that this browser chose for the settings, or nothing to follow the system."""
    theme = request.COOKIES.get("settings_theme", "")
    return theme if theme in dict(THEMES) else ""


def safe_next(request: HttpRequest) -> str:
    """Return where to go after the sign-in: a page of the settings on this host and nothing else."""
    target = request.POST.get("next") or request.GET.get("next") or ""
    home = reverse("portal:overview")
    if target.startswith(home) and url_has_allowed_host_and_scheme(target, allowed_hosts=None):
        return target
    return home


def wants_json(request: HttpRequest) -> bool:
    """Say whether a script of the page asks."""
    return "application/json" in request.headers.get("Accept", "")


def _refuse_network(request: HttpRequest, tenant: Tenant) -> HttpResponse | None:
    """Answer who comes from outside of the tenant's networks, as the chat does; None for everybody else."""
    address = request.META.get("REMOTE_ADDR", "")
    if Networks(live_state(tenant).access.networks).allow(address):
        return None
    shown = normalise_address(address)
    if wants_json(request):
        sentence = "These settings can be used from certain networks only, and this is none of them."
        return JsonResponse({"error": {"code": "network_refused", "message": sentence}}, status=403)
    return gate(request, tenant, "portal/network_refused.html", {"address": shown}, status=403)


def _refuse_member(page: Page, error: NotPermittedError) -> HttpResponse:
    if wants_json(page.request):
        return JsonResponse({"error": {"code": error.code, "message": error.message}}, status=error.status)
    uses_settings = page.actor.may(Permission.USE_SETTINGS)
    context = {"member": page.member, "sentence": error.message, "uses_settings": uses_settings}
    return gate(page.request, page.tenant, "portal/not_permitted.html", context, status=error.status)


def _visited(request: HttpRequest) -> Page | HttpResponse:
    """Return the page as an operator on a visit looks at it, or why there is none to look at."""
    tenant: Tenant = request.tenant  # type: ignore[attr-defined]  # TenantMiddleware sets it
    visit = current_visit(request, tenant)
    if visit is None:
        return _visit_over(request, tenant)
    if request.method not in {"GET", "HEAD"}:
        return _refuse_change(request, tenant)
    note_seen(visit, tenant, path=request.path, address=request.META.get("REMOTE_ADDR", ""))
    return Page(request, tenant, owners_eyes(visit), visit.pk, "", visit)


def _refuse_change(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    sentence = "You look at these settings as an owner would, and can change nothing. Nothing was changed."
    if wants_json(request):
        return JsonResponse({"error": {"code": "view_only", "message": sentence}}, status=403)
    context = {"title": "Only to look at", "sentence": sentence}
    context |= {"back": reverse("portal:overview"), "back_label": "Go on looking"}
    return gate(request, tenant, "portal/visit_over.html", context, status=403)


def _visit_over(request: HttpRequest, tenant: Tenant) -> HttpResponse:
    sentence = "Its time is over, or it was ended. Begin a new one on the operators' pages."
    if wants_json(request):
        return forget_visit(JsonResponse({"error": {"code": "visit_over", "message": sentence}}, status=410))
    context = {"title": "The view has ended", "sentence": sentence, "back": operators_address(tenant)}
    return forget_visit(gate(request, tenant, "portal/visit_over.html", context, status=410))


def gate(
    request: HttpRequest, tenant: Tenant, template: str, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    """Render a page in the tenant's brand that stands before the settings: signing in, or not getting in."""
    frame = {"brand": read_brand(live_publication(tenant)), "tenant": tenant, "theme": chosen_theme(request)}
    return render(request, template, frame | context, status=status)


def _ask_to_sign_in(request: HttpRequest) -> HttpResponse:
    if wants_json(request):
        error = {"code": "sign_in_required", "message": "Your sign-in has ended. Please sign in again."}
        return JsonResponse({"error": error}, status=401)
    # A form that was sent cannot be sent again by a redirect, so only pages that were read are returned to.
    query = urlencode({"next": request.get_full_path()}) if request.method == "GET" else "ended=1"
    return redirect(f"{reverse('portal:sign_in')}?{query}")


def harden(response: HttpResponse) -> HttpResponse:
    """Return a page with the headers that all have: never stored, and without anything from elsewhere."""
    add_never_cache_headers(response)
    response["Content-Security-Policy"] = (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: {image_origin()}; "
        f"font-src 'self' {image_origin()}; "
        f"connect-src 'self' {upload_origin()}; frame-src 'self'; form-action 'self' {upload_origin()}; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
    return response
