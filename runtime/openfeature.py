"""An OpenFeature provider over the tenant's flags (https://openfeature.dev), for app code that is written against it.

It answers for the bound tenant and the person who is present, in the process. Imported by apps that want it, and by
nothing of the runtime.
"""

from collections.abc import Mapping, Sequence
from typing import Any, TypeVar, cast

import msgspec
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import FlagResolutionDetails, FlagValueType
from openfeature.provider import AbstractProvider, Metadata

from runtime.people import present_people
from runtime.tenancy import current_handle
from tenants.contract.flag_evaluation import Person
from tenants.contract.flags import FlagKind

__all__ = ["TenantFlags"]

Resolved = TypeVar("Resolved")


class TenantFlags(AbstractProvider):
    """One for all tenants: what it answers is the bound tenant's.

    An evaluation context that is given speaks over what is known of the present person: its targeting key is their
    e-mail address, and ``email``, ``role``, ``groups`` and ``locale`` are attributes. Others are passed over.
    """

    def get_metadata(self) -> Metadata:
        """Return the provider's name."""
        return Metadata(name="chainlit-tenants")

    def resolve_boolean_details(
        self, flag_key: str, default_value: bool, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[bool]:
        """Answer a switch."""
        return _resolve(flag_key, default_value, evaluation_context, (bool,), FlagKind.SWITCH)

    def resolve_string_details(
        self, flag_key: str, default_value: str, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[str]:
        """Answer a text."""
        return _resolve(flag_key, default_value, evaluation_context, (str,), FlagKind.TEXT)

    def resolve_integer_details(
        self, flag_key: str, default_value: int, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[int]:
        """Answer a whole number."""
        return _resolve(flag_key, default_value, evaluation_context, (int,), FlagKind.NUMBER)

    def resolve_float_details(
        self, flag_key: str, default_value: float, evaluation_context: EvaluationContext | None = None
    ) -> FlagResolutionDetails[float]:
        """Answer a number."""
        details = _resolve(flag_key, default_value, evaluation_context, (int, float), FlagKind.NUMBER)
        details.value = float(details.value)
        return details

    def resolve_object_details(
        self,
        flag_key: str,
        default_value: Sequence[FlagValueType] | Mapping[str, FlagValueType],
        evaluation_context: EvaluationContext | None = None,
    ) -> FlagResolutionDetails[Sequence[FlagValueType] | Mapping[str, FlagValueType]]:
        """Answer a list or an object, which is the caller's own."""
        return _resolve(flag_key, default_value, evaluation_context, (list, dict), FlagKind.JSON)


def _resolve(
    name: str, default: Resolved, context: EvaluationContext | None, types: tuple[type, ...], kind: FlagKind
) -> FlagResolutionDetails[Resolved]:
    handle = current_handle()
    if handle is None:
        return FlagResolutionDetails(default, ErrorCode.PROVIDER_NOT_READY, "No tenant is bound here.", "ERROR")
    evaluation = handle.flags.evaluate(name, _person(context))
    if evaluation is None:
        return FlagResolutionDetails(default, ErrorCode.FLAG_NOT_FOUND, f"There is no flag “{name}”.", "ERROR")
    value: Any = evaluation.value
    if evaluation.kind is not kind or not (value is None or isinstance(value, types)):
        message = f"The flag “{name}” has values of the kind {evaluation.kind}."
        return FlagResolutionDetails(default, ErrorCode.TYPE_MISMATCH, message, "ERROR")
    if evaluation.variant is None:
        return FlagResolutionDetails(default, reason=evaluation.reason.value)
    return FlagResolutionDetails(cast("Resolved", value), reason=evaluation.reason.value, variant=evaluation.variant)


def _person(context: EvaluationContext | None) -> Person:
    person = present_people().present()
    if context is None or not (context.targeting_key or context.attributes):
        return person
    told: dict[str, Any] = {
        name: value.lower()
        for name in ("email", "role", "locale")
        if isinstance(value := context.attributes.get(name), str)
    }
    groups = context.attributes.get("groups")
    if isinstance(groups, list | tuple):
        told["groups"] = frozenset(group.lower() for group in groups if isinstance(group, str))
    if context.targeting_key:
        told["key"] = context.targeting_key.lower()
        told.setdefault("email", told["key"])
    return msgspec.structs.replace(person, **told)
