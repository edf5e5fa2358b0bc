"""A tenant's flags as its document has them: switches and values, and whom each is for.

``tenants.contract.flag_evaluation`` says what a flag is worth to somebody.
"""

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, TypeAlias

from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from tenants.contract.email_domains import normalise_email_domain
from tenants.contract.errors import InvalidValueError
from tenants.contract.roles import Role

__all__ = [
    "MAXIMUM_RULES", "MAXIMUM_VARIANTS", "SWITCH", "Flag", "FlagKind", "FlagRule", "FlagValue", "FlagWords",
    "kind_of", "validate_flag_name",
]  # fmt: skip

MAXIMUM_RULES = 50
MAXIMUM_VARIANTS = 20
MAXIMUM_LISTED = 1000

# msgspec leaves a default out of a document by identity; equal flags must make equal documents.
_EVERYBODY = 100.0
_OFF = "off"

_NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")

FlagValue: TypeAlias = bool | int | float | str | list[Any] | dict[str, Any]
VariantName = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}\Z")]
Listed = Annotated[str, Meta(min_length=1, max_length=254, pattern=r"^\S(.*\S)?\Z")]
Locale = Annotated[str, Meta(pattern=r"^[a-z]{2,3}(-[a-z0-9]{2,8})*\Z")]


class FlagKind(StrEnum):
    """What the values of a flag are."""

    SWITCH = "switch"
    """True or False."""
    TEXT = "text"
    NUMBER = "number"
    JSON = "json"
    """A list or an object."""


SWITCH: Mapping[str, bool] = {"on": True, "off": False}
"""The variants of a flag that lists none."""


def kind_of(value: FlagValue) -> FlagKind:
    """Return the kind of flag that has such a value."""
    if isinstance(value, bool):
        return FlagKind.SWITCH
    if isinstance(value, str):
        return FlagKind.TEXT
    return FlagKind.NUMBER if isinstance(value, int | float) else FlagKind.JSON


class FlagRule(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Gives a variant to a share of the people whom it is for.

    A list that is empty leaves nobody out; of one that is not, a person must be named by one entry. All lists are in
    lower case. ``percent`` is of the people whom the lists name, to a hundredth.
    """

    variant: VariantName
    percent: Annotated[float, Meta(ge=0, le=100)] = _EVERYBODY
    members: Annotated[tuple[Listed, ...], Meta(max_length=MAXIMUM_LISTED)] = ()
    """E-mail addresses, or whatever an app calls its people by (``cl.User.identifier``)."""
    roles: tuple[Role, ...] = ()
    email_domains: Annotated[tuple[Listed, ...], Meta(max_length=MAXIMUM_LISTED)] = ()
    """As ``normalise_email_domain`` returns them."""
    groups: Annotated[tuple[Listed, ...], Meta(max_length=MAXIMUM_LISTED)] = ()
    """Names of groups of the tenant's directory."""
    locales: Annotated[tuple[Locale, ...], Meta(max_length=100)] = ()
    """Language tags (BCP 47): ``de`` is for ``de-at`` too."""

    def __post_init__(self) -> None:
        """Refuse what the types cannot (``ValueError``)."""
        force_setattr(self, "percent", _EVERYBODY if self.percent == _EVERYBODY else float(self.percent))
        for name in ("members", "email_domains", "groups"):
            for entry in getattr(self, name):
                _expect(entry == entry.lower(), f"“{entry}” is to be written in lower case")
        try:
            for domain in self.email_domains:
                _expect(normalise_email_domain(domain) == domain, f"“{domain}” is not the spelling of a domain")
        except InvalidValueError as error:
            raise ValueError(error.message) from error
        _expect(round(self.percent, 2) == self.percent, "a percentage has at most two decimals")


class Flag(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A flag with values, or with rules. While it is off, a switch is False; of others, app code gets its own default.

    ``variants`` is empty for a switch, which has ``SWITCH``. Rules are tried in order; ``default`` is for everybody
    whom none of them chooses.
    """

    default: VariantName = _OFF
    enabled: bool = True
    variants: Annotated[dict[VariantName, FlagValue], Meta(max_length=MAXIMUM_VARIANTS)] = {}
    rules: Annotated[tuple[FlagRule, ...], Meta(max_length=MAXIMUM_RULES)] = ()

    def __post_init__(self) -> None:
        """Refuse variants that there are not, and values of more than one kind (``ValueError``)."""
        if self.default == _OFF:
            force_setattr(self, "default", _OFF)
        kinds = {kind_of(value) for value in self.variants.values()}
        _expect(len(kinds) <= 1, "the values of a flag are of one kind")
        _expect(FlagKind.SWITCH not in kinds, "a flag that is on or off lists no variants")
        for variant in (self.default, *(rule.variant for rule in self.rules)):
            _expect(variant in self.values, f"there is no variant “{variant}”")

    @property
    def values(self) -> Mapping[str, FlagValue]:
        """The value of each variant."""
        return self.variants or SWITCH

    @property
    def kind(self) -> FlagKind:
        """What the values are."""
        return kind_of(next(iter(self.values.values())))


FlagWords: TypeAlias = bool | Flag
"""A flag in a document: a switch without rules is True or False, as all were before there were rules."""


def validate_flag_name(name: str) -> str:
    """Return ``name`` when a flag may carry it, else raise ``InvalidValueError`` that says the rule."""
    if not _NAME.fullmatch(name):
        raise InvalidValueError(
            "flag_name_invalid",
            f"“{name[:63]}” is not a flag name: lower-case letters, digits and underscores, starting with a letter.",
            field="name",
        )
    return name


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise ValueError(otherwise)
