"""The panel that says, once all is up, where everything is and how to get in."""

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from controlplane.supervisor.console import Console
from controlplane.supervisor.credentials import DEMO_ACCOUNTS
from controlplane.supervisor.developed_app import DevelopedApp
from controlplane.supervisor.settings import SupervisorSettings

__all__ = ["panel", "show_panel"]

Section = tuple[str, Sequence[tuple[str, str]]]

_DEMO_TENANTS = ("acme", "globex")
_EMAIL_WIDTH = max(len(email) for email in DEMO_ACCOUNTS.values())


def show_panel(
    console: Console, settings: SupervisorSettings, sign_ins: Mapping[str, tuple[str, str]], *, seconds: float
) -> None:
    """Print the panel without prefixes, so that URLs and passwords can be copied."""
    console.write("")
    for line in panel(settings, sign_ins, seconds=seconds, emphasise=console.colour):
        console.write(line)
    console.write("")


def panel(
    settings: SupervisorSettings, sign_ins: Mapping[str, tuple[str, str]], *, seconds: float, emphasise: bool = False
) -> list[str]:
    """Return the panel's lines."""
    sections: list[Section] = [("Operators", _operators(settings, sign_ins))]
    if settings.app is not None:
        sections.append((settings.app.title, _app(settings, settings.app, sign_ins)))
    if settings.demo:
        sections += [(tenant.capitalize(), _tenant(settings, tenant, sign_ins)) for tenant in _DEMO_TENANTS]
    sections.append(
        (
            "",
            [
                *_outbox(settings),
                ("Data", str(settings.data_directory)),
                ("Stop", "Ctrl-C, or a SIGTERM to this process"),
            ],
        )
    )
    title = f"chainlit-tenants is up after {seconds:.1f} s"
    label_width = max(len(label) for _, rows in sections for label, _ in rows)
    bodies = [
        ([heading] if heading else []) + [f"  {label.ljust(label_width)}  {value}" for label, value in rows]
        for heading, rows in sections
    ]
    width = max(len(line) for line in (title, *(line for body in bodies for line in body)))
    bold, reset = ("\x1b[1m", "\x1b[0m") if emphasise else ("", "")
    lines = [f"╭{'─' * (width + 2)}╮", f"│ {bold}{title.ljust(width)}{reset} │"]
    for (heading, _), body in zip(sections, bodies, strict=True):
        lines.append(f"├{'─' * (width + 2)}┤")
        for number, line in enumerate(body):
            strong = bold if heading and number == 0 else ""
            lines.append(f"│ {strong}{line.ljust(width)}{reset if strong else ''} │")
    return [*lines, f"╰{'─' * (width + 2)}╯"]


def _operators(settings: SupervisorSettings, sign_ins: Mapping[str, tuple[str, str]]) -> list[tuple[str, str]]:
    rows = [("Admin", f"{settings.platform_url}/admin/")]
    if settings.demo:
        return [*rows, ("Sign in", _sign_in(sign_ins["OPERATOR"]))]
    return [*rows, ("Sign in", "make the first operator with `manage.py createsuperuser`")]


def _outbox(settings: SupervisorSettings) -> list[tuple[str, str]]:
    if settings.inherited.get("MAIL_URL"):
        return []
    return [("Mails", f"{settings.platform_url}/admin/outbox/")]


def _app(
    settings: SupervisorSettings, app: DevelopedApp, sign_ins: Mapping[str, tuple[str, str]]
) -> list[tuple[str, str]]:
    origin = _origin(settings, app.slug)
    return [
        ("Chat", f"{origin}/"),
        ("Settings", f"{origin}/settings/"),
        ("Owner", _sign_in(sign_ins["APP_OWNER"])),
        ("Folder", f"{app.folder} (saving it loads it anew)"),
    ]


def _origin(settings: SupervisorSettings, tenant: str) -> str:
    platform = urlsplit(settings.platform_url)
    port = f":{platform.port}" if platform.port else ""
    return f"{platform.scheme}://{tenant}.{settings.tenant_base_domain}{port}"


def _tenant(
    settings: SupervisorSettings, tenant: str, sign_ins: Mapping[str, tuple[str, str]]
) -> list[tuple[str, str]]:
    origin = _origin(settings, tenant)
    roles = [account for account in DEMO_ACCOUNTS if account.startswith(f"{tenant.upper()}_")]
    rows = [(account.split("_")[1].capitalize(), _sign_in(sign_ins[account])) for account in roles]
    return [("Chat", f"{origin}/"), ("Settings", f"{origin}/settings/"), *rows]


def _sign_in(sign_in: tuple[str, str]) -> str:
    email, password = sign_in
    return f"{email.ljust(_EMAIL_WIDTH)}  {password}"
