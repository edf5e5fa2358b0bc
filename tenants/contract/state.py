"""TenantState: everything the runtime must know of a tenant, as one immutable document.

This is the contract between the control plane, which compiles and publishes it, and the runtime, which serves by it.
A field that is ``None`` means "the app's own value": the tenant's document is laid over the app's config.toml.
Field names of ``Features`` and ``Interface`` are Chainlit's own (``chainlit.config.FeaturesSettings`` and
``UISettings`` of Chainlit 2.12), so that laying over is one merge.
"""

import base64
import hashlib
from enum import StrEnum
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from tenants.contract.access import AccessMode, AccessPolicy
from tenants.contract.app_settings import AppSettings
from tenants.contract.chat import Chat
from tenants.contract.flags import FlagWords

__all__ = [
    "FONT_FACES", "NAMED_ROLES", "AccessMode", "AccessPolicy", "AppSettings", "Asset", "AssetRole", "Branding", "Chat",
    "EnvironmentLayer", "Features", "FileUpload", "FontFace", "FontFamily", "HeaderLink", "History", "Interface",
    "Palette", "PublishedState", "Rendition", "TenantState", "TenantStatus", "Theme", "UploadedTheme", "decode_state",
    "encode_state", "state_checksum",
]  # fmt: skip

STATE_CHANNEL = "tenant_state"
"""The Postgres NOTIFY channel; its payload is ``<tenant id>:<revision>``."""

DOCUMENT_VERSION = 1


class TenantStatus(StrEnum):
    """Whether a tenant is served."""

    ACTIVE = "active"
    SUSPENDED = "suspended"
    ARCHIVED = "archived"


class Theme(StrEnum):
    """Chainlit's two themes."""

    LIGHT = "light"
    DARK = "dark"


class FontFamily(StrEnum):
    """Font stacks made of fonts that systems already have, so that no visitor's browser asks a third party."""

    SYSTEM = "system"
    HUMANIST = "humanist"
    GEOMETRIC = "geometric"
    ROUNDED = "rounded"
    SERIF = "serif"
    MONOSPACE = "monospace"


class AssetRole(StrEnum):
    """What an uploaded file is for. A tenant has one file of a role, or one for each name where a role takes names."""

    LOGO_LIGHT = "logo_light"
    LOGO_DARK = "logo_dark"
    FAVICON = "favicon"
    LOGIN_IMAGE = "login_image"
    OPEN_GRAPH = "open_graph"
    """The picture in link previews (https://ogp.me)."""
    AVATAR = "avatar"
    """Beside the messages of an author; the name is the author's as Chainlit's page asks for it (``my_assistant``)."""
    FONT = "font"
    """A WOFF2 file of the chat's typeface; the name is one of ``FONT_FACES``."""
    STYLESHEET = "stylesheet"
    SCRIPT = "script"
    """JavaScript on the chat's page, which only an operator can let in."""
    THEME = "theme"
    """Chainlit's ``theme.json``; its variables are in ``TenantState.theme``, the file is kept for people."""
    PUBLIC_FILE = "public_file"
    """A file under ``/public/``; the name is its path there, such as ``elements/Chart.jsx``."""


NAMED_ROLES = frozenset({AssetRole.AVATAR, AssetRole.FONT, AssetRole.PUBLIC_FILE})
"""Roles of which a tenant has one file for each name."""

FONT_FACES = {
    "regular": (400, "normal"), "italic": (400, "italic"), "bold": (700, "normal"), "bold_italic": (700, "italic"),
}  # fmt: skip
"""The faces of a typeface that a tenant can bring, with weight and style (CSS Fonts 4)."""


HexColour = Annotated[str, Meta(pattern=r"^#[0-9a-f]{6}\Z", examples=["#2563eb"])]


class Palette(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The colours of one theme, each ``#rrggbb`` in lower case or None for Chainlit's own."""

    primary: HexColour | None = None
    background: HexColour | None = None
    accent: HexColour | None = None


class Branding(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """How a tenant's chat presents itself."""

    display_name: Annotated[str, Meta(min_length=1, max_length=80)]
    description: Annotated[str, Meta(max_length=300)] = ""
    default_theme: Theme | None = None
    light: Palette = Palette()
    dark: Palette = Palette()
    font: FontFamily | None = None


class FileUpload(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Files that end users may attach (``[features.spontaneous_file_upload]``)."""

    enabled: Annotated[bool | None, Meta(title="File upload", description="Let people attach files to a message.")] = (
        None
    )
    accept: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^[a-z*]+/[a-zA-Z0-9.+*-]+\Z", max_length=100)], ...] | None,
        Meta(title="Accepted types", description="MIME types such as image/* or application/pdf."),
    ] = None
    max_files: Annotated[Annotated[int, Meta(ge=1, le=100)] | None, Meta(title="Most files in a message")] = None
    max_size_mb: Annotated[
        Annotated[int, Meta(ge=1, le=2000)] | None, Meta(title="Largest file", description="In megabytes.")
    ] = None


class Audio(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Speaking with the assistant (``[features.audio]``)."""

    enabled: Annotated[
        bool | None, Meta(title="Voice input", description="Show the microphone; the app must handle audio.")
    ] = None
    sample_rate: Annotated[
        Annotated[int, Meta(ge=8000, le=48000)] | None, Meta(title="Sample rate", description="In hertz.")
    ] = None


class McpUserServers(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """MCP servers that end users bring themselves (``[features.mcp.user_servers]``)."""

    enabled: Annotated[bool | None, Meta(title="People may connect their own MCP servers")] = None
    allowed_urls: Annotated[
        tuple[Annotated[str, Meta(pattern=r"^https?://[^\s]+\Z", max_length=300)], ...] | None,
        Meta(title="Allowed MCP addresses", description="URL prefixes; none listed means none allowed."),
    ] = None


class Mcp(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Model Context Protocol (``[features.mcp]``); the app's developer alone lists named servers."""

    enabled: Annotated[bool | None, Meta(title="MCP connections", description="Let people connect tools over MCP.")] = (
        None
    )
    user_servers: McpUserServers = McpUserServers()


class Features(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Switches of Chainlit's ``[features]`` that a tenant may own.

    Left to the app: ``unsafe_allow_html`` (a decision about the app's code), ``slack`` and the named MCP servers
    (they start processes and carry credentials).
    """

    edit_message: Annotated[
        bool | None,
        Meta(title="Edit messages", description="People may edit what they sent and have it answered anew."),
    ] = None
    user_message_markdown: Annotated[
        bool | None, Meta(title="Markdown in people's messages", description="Render formatting that people type.")
    ] = None
    latex: Annotated[bool | None, Meta(title="Mathematics", description="Render LaTeX between dollar signs.")] = None
    user_message_autoscroll: Annotated[
        bool | None, Meta(title="Scroll to a new question", description="Move what was just sent to the top.")
    ] = None
    assistant_message_autoscroll: Annotated[
        bool | None, Meta(title="Follow the answer", description="Scroll along while an answer is written.")
    ] = None
    favorites: Annotated[
        bool | None, Meta(title="Favourite messages", description="People may keep messages for reuse.")
    ] = None
    allow_thread_sharing: Annotated[
        bool | None, Meta(title="Share conversations", description="People may share a conversation by link.")
    ] = None
    auto_tag_thread: Annotated[
        bool | None, Meta(title="Tag conversations", description="Tag each conversation with its chat profile.")
    ] = None
    spontaneous_file_upload: FileUpload = FileUpload()
    audio: Audio = Audio()
    mcp: Mcp = Mcp()


class HeaderLink(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A link in the chat's header (``[[UI.header_links]]``)."""

    name: Annotated[str, Meta(min_length=1, max_length=60)]
    icon_url: Annotated[str, Meta(pattern=r"^(https?://|/)[^\s\"'<>]+\Z", max_length=500)]
    url: Annotated[str, Meta(pattern=r"^(https?://|/|mailto:)[^\s\"'<>]+\Z", max_length=500)]
    display_name: Annotated[str, Meta(max_length=60)] | None = None
    target: Literal["_blank", "_self", "_parent", "_top"] | None = None


class Interface(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Switches of Chainlit's ``[UI]`` that a tenant may own.

    Name, description, default theme and images come from ``Branding``; custom CSS, JavaScript and builds are code
    and stay with the app.
    """

    layout: Annotated[Literal["default", "wide"] | None, Meta(title="Width of the conversation")] = None
    default_sidebar_state: Annotated[Literal["open", "closed", "hidden"] | None, Meta(title="Sidebar at the start")] = (
        None
    )
    cot: Annotated[
        Literal["hidden", "tool_call", "full"] | None,
        Meta(title="Steps of an answer", description="How much of the assistant's work is shown."),
    ] = None
    alert_style: Annotated[Literal["classic", "modern"] | None, Meta(title="Style of alerts")] = None
    language: Annotated[
        Annotated[str, Meta(pattern=r"^[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*\Z", max_length=35)] | None,
        Meta(title="Language", description="One language for everyone, such as de-DE; empty follows each browser."),
    ] = None
    confirm_new_chat: Annotated[
        bool | None, Meta(title="Confirm a new chat", description="Ask before a conversation is left.")
    ] = None
    chat_settings_location: Annotated[
        Literal["message_composer", "sidebar"] | None, Meta(title="Place of the chat settings")
    ] = None
    default_chat_settings_open: Annotated[bool | None, Meta(title="Chat settings open at the start")] = None
    avatar_size: Annotated[
        Annotated[int, Meta(ge=12, le=96)] | None, Meta(title="Size of avatars", description="In pixels.")
    ] = None
    login_page_image_filter: Annotated[
        Annotated[str, Meta(pattern=r"^[a-z0-9 -]*\Z", max_length=100)] | None,
        Meta(title="Filter of the sign-in image", description="Tailwind filter classes, such as brightness-50."),
    ] = None
    login_page_image_dark_filter: Annotated[
        Annotated[str, Meta(pattern=r"^[a-z0-9 -]*\Z", max_length=100)] | None,
        Meta(title="Filter of the sign-in image, dark theme"),
    ] = None
    custom_meta_url: Annotated[
        Annotated[str, Meta(pattern=r"^https?://[^\s\"'<>]+\Z", max_length=500)] | None,
        Meta(title="Address in link previews"),
    ] = None
    custom_meta_image_url: Annotated[
        Annotated[str, Meta(pattern=r"^https?://[^\s\"'<>]+\Z", max_length=500)] | None,
        Meta(title="Image in link previews"),
    ] = None
    header_links: tuple[HeaderLink, ...] | None = None


class History(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Whether conversations are kept in the tenant's schema. An app's own data layer comes before it."""

    enabled: bool = False


class EnvironmentLayer(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Variables that come from above a tenant; ``secrets`` are Fernet tokens sealed for ``owner``, not for a tenant."""

    owner: str = ""
    environment: dict[str, str] = {}
    secrets: dict[str, str] = {}


class Rendition(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The same picture in another size or format; fields as in ``Asset``."""

    url: str
    content_type: str
    sha256: str
    size: int
    width: int
    height: int


class FontFace(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """What a font file holds. ``weight`` is a number, or two for a variable font (``100 900``)."""

    family: Annotated[str, Meta(max_length=100)]
    weight: Annotated[str, Meta(pattern=r"^[0-9]{1,4}( [0-9]{1,4})?\Z")]
    style: Literal["normal", "italic"]


class Asset(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A published file: where it is and what it is.

    ``url`` is absolute (a CDN), or begins with ``/_assets/`` on the tenant's host where the runtime serves it. Pixels
    are None where a drawing does not tell or the file is no picture. ``srcset`` holds the picture's other sizes and
    formats, smallest first; for a favicon the sizes that browsers and phones ask for.
    """

    role: AssetRole
    url: str
    content_type: str
    sha256: str
    size: int
    width: int | None = None
    height: int | None = None
    name: Annotated[str, Meta(max_length=200)] = ""
    alt: Annotated[str, Meta(max_length=200)] = ""
    srcset: tuple[Rendition, ...] = ()
    font: FontFace | None = None

    @property
    def integrity(self) -> str:
        """The hash as a page names it (Subresource Integrity)."""
        return f"sha256-{base64.b64encode(bytes.fromhex(self.sha256)).decode()}"


ThemeVariables = dict[
    Annotated[str, Meta(pattern=r"^--[a-z0-9-]{1,60}\Z")], Annotated[str, Meta(pattern=r"^[^;{}<>\\@]{1,200}\Z")]
]
"""CSS custom properties, which are written into the page's stylesheet as they are."""


class UploadedTheme(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The variables of a tenant's ``theme.json``: over the app's, and under the colours of the branding."""

    light: ThemeVariables = {}
    dark: ThemeVariables = {}


class TenantState(Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """One tenant at one revision. ``hosts`` begins with the canonical one; ``secrets`` are Fernet tokens."""

    id: str
    slug: str
    name: str
    schema: str
    status: TenantStatus
    app: str
    hosts: tuple[str, ...]
    branding: Branding
    features: Features = Features()
    interface: Interface = Interface()
    chat: Chat = Chat()
    flags: dict[str, FlagWords] = {}
    access: AccessPolicy = AccessPolicy()
    history: History = History()
    app_settings: AppSettings = AppSettings()
    platform_environment: EnvironmentLayer = EnvironmentLayer()
    plan_environment: EnvironmentLayer = EnvironmentLayer()
    environment: dict[str, str] = {}
    secrets: dict[str, str] = {}
    assets: tuple[Asset, ...] = ()
    theme: UploadedTheme = UploadedTheme()
    version: int = DOCUMENT_VERSION

    def asset(self, role: AssetRole, name: str = "") -> Asset | None:
        """Return the published asset of a role, and of a name where the role takes names; or None."""
        return next((asset for asset in self.assets if asset.role == role and asset.name == name), None)

    def assets_of(self, role: AssetRole) -> tuple[Asset, ...]:
        """Return all published assets of a role, by name."""
        return tuple(asset for asset in self.assets if asset.role == role)


class PublishedState(Struct, frozen=True):
    """A state together with the revision under which it was published."""

    revision: int
    checksum: str
    state: TenantState


_encoder = msgspec.json.Encoder(order="sorted")
_decoder = msgspec.json.Decoder(TenantState)


def encode_state(state: TenantState) -> bytes:
    """Return the canonical JSON of a state: sorted keys, defaults left out, so equal states are equal bytes."""
    return _encoder.encode(state)


def decode_state(document: bytes | str) -> TenantState:
    """Return the state of a document; raises ``msgspec.ValidationError`` naming the field that does not fit."""
    return _decoder.decode(document)


def state_checksum(document: bytes) -> str:
    """Return the SHA-256 (hex) of a canonical document."""
    return hashlib.sha256(document).hexdigest()
