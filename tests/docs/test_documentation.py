"""Every setting, error code, command and link of the documentation exists, and the other way round."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import get_commands

from tenants.contract.roles import Permission, Role, may

CHECKOUT = Path(__file__).resolve().parent.parent.parent
PAGES = [CHECKOUT / "README.md", CHECKOUT / "CHANGELOG.md", *sorted((CHECKOUT / "docs").rglob("*.md"))]
SETTING_READERS = ("controlplane/env.py", "runtime/config.py", "controlplane/supervisor/settings.py")
# Read by the tools themselves, not by a reader of ours; or read where only the demo needs them.
READ_ELSEWHERE = {"PORT", "NO_COLOR", "DJANGO_SETTINGS_MODULE", "GATEWAY_COOKIE_SECRET", "CHAINLIT_APPS_DIR"}
# Told by the supervisor to its children for whoever reads process lists, or keys of Django's DATABASES.
NOT_A_SETTING = {"CONTROLPLANE_HOST", "CONTROLPLANE_PORT", "CONN_MAX_AGE", "CONN_HEALTH_CHECKS"}
FOLDERS = ("controlplane", "runtime", "tenants")
SOURCES = [path for folder in FOLDERS for path in sorted((CHECKOUT / folder).rglob("*.py"))]


def constants(path: Path) -> Iterator[str]:
    """Yield every string constant of a module."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def table_names(page: str, pattern: str) -> set[str]:
    """Return what stands in code marks in the first column of a page's tables."""
    rows = (
        line.split("|")[1] for line in (CHECKOUT / "docs" / page).read_text().splitlines() if line.startswith("| `")
    )
    return {name for row in rows for name in re.findall(rf"`({pattern})`", row)}


def test_settings_page_names_exactly_the_settings_that_are_read():
    read = {
        text
        for module in SETTING_READERS
        for text in constants(CHECKOUT / module)
        if re.fullmatch(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)+", text)
    }
    demo = {name for name in table_names("settings.md", "[A-Z0-9_]+") if name.startswith("DEMO_")}
    assert len(demo) == 10
    assert table_names("settings.md", "[A-Z0-9_]+") - demo == (read | READ_ELSEWHERE) - NOT_A_SETTING


def error_codes() -> set[str]:
    """Return the codes of all errors that the sources raise or answer with."""
    codes = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Dict):  # the body of a JSON answer
                codes |= {
                    value.value
                    for key, value in zip(node.keys, node.values, strict=True)
                    if getattr(key, "value", "") == "code" and isinstance(getattr(value, "value", None), str)
                }
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            found: list[ast.expr] = [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            if name == "ValidationError":  # the codes of form fields, which no answer shows
                continue
            if name.endswith("Error") and len(node.args) >= 2:
                found.append(node.args[0])
            if name == "error_page" and len(node.args) >= 3:
                found.append(node.args[2])
            if name == "_refuse" and len(node.args) >= 3:  # the settings page's answer to an upload
                found.append(node.args[1])
            if name == "__init__" and len(node.args) >= 2:  # an error class that gives its own code to DomainError
                found.append(node.args[0])
            codes |= {
                value.value
                for value in found
                if isinstance(value, ast.Constant)
                and isinstance(value.value, str)
                and re.fullmatch(r"[a-z]+(_[a-z]+)+", value.value)
            }
    return codes


def test_errors_page_names_exactly_the_codes_that_are_used():
    assert table_names("errors.md", "[a-z_]+") == error_codes()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_links_and_paths_lead_somewhere(page):
    text = page.read_text()
    links = re.findall(r"\]\(([^)#\s]+)[^)]*\)|<img[^>]+src=\"([^\"]+)\"", text)
    for link in (first or second for first, second in links):
        if not re.match(r"[a-z]+:", link):
            assert (page.parent / link).exists(), f"{page.name} links to {link}"
    for path in re.findall(
        r"`((?:controlplane|tenants|runtime|docker|docs|examples|bench|tests|requirements)/[\w./-]+)`", text
    ):
        assert (CHECKOUT / path).exists(), f"{page.name} names {path}"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(CHECKOUT)))
def test_commands_exist(page):
    text = page.read_text()
    targets = set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), flags=re.MULTILINE))
    for target in re.findall(r"`(?:[A-Z_]+=\S+ )*make ([a-z]+)|^make ([a-z]+)", text, flags=re.MULTILINE):
        assert (target[0] or target[1]) in targets, f"{page.name} names make {target}"
    for command in re.findall(r"manage\.py ([a-z_]+)", text):
        assert command in get_commands(), f"{page.name} names manage.py {command}"


def test_make_help_lists_every_target_a_person_calls():
    makefile = (CHECKOUT / "Makefile").read_text()
    described = set(re.findall(r"^([a-z]+):.*## ", makefile, flags=re.MULTILINE))
    assert {"up", "test", "check", "bench", "docs", "clean", "help"} <= described


def test_folder_map_names_every_package():
    architecture = (CHECKOUT / "docs" / "architecture.md").read_text()
    packages = {
        str(path.parent.relative_to(CHECKOUT)) + "/"
        for folder in FOLDERS
        for path in (CHECKOUT / folder).rglob("__init__.py")
        if not {"migrations", "management", "commands"} & set(path.parts)
    }
    missing = {package for package in packages if f"`{package}`" not in architecture}
    assert not missing


def test_permissions_page_says_what_the_table_of_roles_says():
    rows = [
        f"| `{permission}` | {permission.phrase[0].upper()}{permission.phrase[1:]} | "
        + " | ".join("yes" if may(role, permission) else "" for role in Role)
        + " |"
        for permission in Permission
    ]
    written = [line for line in (CHECKOUT / "docs" / "permissions.md").read_text().splitlines() if line[:3] == "| `"]
    assert written == rows
