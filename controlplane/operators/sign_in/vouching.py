"""From whom the platform's identity provider vouches for to the operator whom that is."""

from django.contrib.auth.models import User
from django.db import connection, transaction
from django.utils import timezone

from controlplane.operators.models import ExternalOperator
from controlplane.operators.sign_in.auditing import note
from controlplane.operators.sign_in.errors import OperatorNotAllowedError
from controlplane.operators.sign_in.provider import OperatorProvider
from tenants.identity.providers.vouching import VouchedPerson
from tenants.identity.visit import Visit
from tenants.registry.services.auditing import difference

__all__ = ["METHOD", "operator_of"]

METHOD = "oidc"


def operator_of(provider: OperatorProvider, person: VouchedPerson, *, visit: Visit) -> User:
    """Return the active operator who a person is, with the rights that their groups give them now.

    Somebody new is the operator whose e-mail address the provider calls verified; where nobody has it, one is added, if
    groups are named and the person is in one. Raises ``OperatorNotAllowedError``.
    """
    with transaction.atomic():
        is_superuser, is_staff = _rights(provider, person)
        operator = _known(provider, person)
        if operator is None:
            _wait_for_other_first_sign_ins()
            operator = _known(provider, person) or _by_email(provider, person, visit)
        if not operator.is_active:
            raise OperatorNotAllowedError("inactive")
        _give_rights(operator, is_staff=is_staff, is_superuser=is_superuser, visit=visit)
        ExternalOperator.objects.update_or_create(
            issuer=provider.oidc.issuer,
            subject=person.subject,
            defaults={"operator": operator, "last_seen_at": timezone.now()},
        )
    return operator


def _known(provider: OperatorProvider, person: VouchedPerson) -> User | None:
    known = ExternalOperator.objects.filter(issuer=provider.oidc.issuer, subject=person.subject)
    external = known.select_related("operator").first()
    return external.operator if external else None


def _wait_for_other_first_sign_ins() -> None:
    """Let first sign-ins, which are rare, happen one after the other: of two by one person the second finds the first.

    The lock is the transaction's. Two browsers of somebody new would otherwise add one operator twice.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('operators.first_sign_in', 0))")


def _rights(provider: OperatorProvider, person: VouchedPerson) -> tuple[bool | None, bool | None]:
    """Return what the groups say of superuser and staff; None where no groups are named, so that rights stay."""
    groups = frozenset(person.groups)
    if not provider.staff_groups and not provider.superuser_groups:
        return None, None
    is_superuser = bool(groups & provider.superuser_groups) if provider.superuser_groups else None
    if not is_superuser and not groups & provider.staff_groups:
        raise OperatorNotAllowedError("groups")
    return is_superuser, True


def _by_email(provider: OperatorProvider, person: VouchedPerson, visit: Visit) -> User:
    if not person.email or not person.email_verified:
        raise OperatorNotAllowedError("email not verified")
    # Two accounts with one address: nobody can say which of them it is.
    found = list(User.objects.select_for_update().filter(email__iexact=person.email)[:2])
    if len(found) > 1:
        raise OperatorNotAllowedError("email of several")
    if found:
        note("operator.link", found[0].get_username(), visit, method=METHOD, changes={"subject": person.subject})
        return found[0]
    if not provider.staff_groups and not provider.superuser_groups:
        raise OperatorNotAllowedError("unknown")
    username = person.email.lower()[:150]
    if User.objects.filter(username__iexact=username).exists():
        raise OperatorNotAllowedError("username taken")
    first, _, last = person.name.partition(" ")
    operator = User(username=username, email=username, first_name=first[:150], last_name=last[:150], is_staff=True)
    operator.set_unusable_password()
    operator.save()
    note("operator.add", username, visit, method=METHOD, changes={"subject": person.subject})
    return operator


def _give_rights(operator: User, *, is_staff: bool | None, is_superuser: bool | None, visit: Visit) -> None:
    before = {"is_staff": operator.is_staff, "is_superuser": operator.is_superuser}
    if is_staff is not None:
        operator.is_staff = is_staff
    if is_superuser is not None and (is_superuser or not _is_last_superuser(operator)):
        operator.is_superuser = is_superuser
    changes = difference(before, {"is_staff": operator.is_staff, "is_superuser": operator.is_superuser})
    if changes:
        operator.save(update_fields=["is_staff", "is_superuser"])
        note("operator.update", operator.get_username(), visit, method=METHOD, changes=dict(changes))
    if not operator.is_staff:
        raise OperatorNotAllowedError("no staff")


def _is_last_superuser(operator: User) -> bool:
    others = User.objects.filter(is_superuser=True, is_active=True).exclude(pk=operator.pk)
    return operator.is_superuser and not others.exists()
