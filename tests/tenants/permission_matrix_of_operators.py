"""What operators alone do; the rest is ``permission_matrix``."""

from uuid import uuid4

from django.contrib.auth.models import User

from tenants.assets.services import approval, checking, frontend, quota
from tenants.contract.roles import Permission
from tenants.identity.services import members
from tenants.registry.services import (
    audit_log,
    domains,
    lifecycle,
    platform_visits,
    provisioning,
    resealing,
    shared_environment,
)
from tests.conftest import PASSWORD
from tests.tenants.permission_case import Case

__all__ = ["OF_OPERATORS"]

P = Permission
OF_OPERATORS = (
    Case(domains.add_domain, P.OPERATE, lambda g, a: domains.add_domain(g.id, "new.example", actor=a)),
    Case(domains.verify_domain, P.OPERATE, lambda g, a: domains.verify_domain(g.id, 1, actor=a)),
    Case(domains.make_domain_primary, P.OPERATE, lambda g, a: domains.make_domain_primary(g.id, 1, actor=a)),
    Case(domains.remove_domain, P.OPERATE, lambda g, a: domains.remove_domain(g.id, 1, actor=a)),
    Case(
        audit_log.export_audit,
        P.OPERATE,
        lambda g, a: audit_log.export_audit(audit_log.AuditSearch(), actor=a),
    ),
    Case(lifecycle.suspend_tenant, P.OPERATE, lambda g, a: lifecycle.suspend_tenant(g.id, actor=a)),
    Case(lifecycle.resume_tenant, P.OPERATE, lambda g, a: lifecycle.resume_tenant(g.id, actor=a)),
    Case(lifecycle.archive_tenant, P.OPERATE, lambda g, a: lifecycle.archive_tenant(g.id, actor=a)),
    Case(
        lifecycle.update_tenant,
        P.OPERATE,
        lambda g, a: lifecycle.update_tenant(g.id, name="Other", app=g.tenant.app, plan="", actor=a),
    ),
    Case(
        provisioning.request_provisioning,
        P.OPERATE,
        lambda g, a: provisioning.request_provisioning(
            name="New", slug="new", app=g.tenant.app, owner_email="o@new.example", actor=a
        ),
    ),
    Case(resealing.reseal_shared_secrets, P.OPERATE, lambda g, a: resealing.reseal_shared_secrets(actor=a)),
    Case(resealing.reseal_tenant_secrets, P.OPERATE, lambda g, a: resealing.reseal_tenant_secrets(g.id, actor=a)),
    Case(provisioning.retry_provisioning, P.OPERATE, lambda g, a: provisioning.retry_provisioning(uuid4(), actor=a)),
    Case(
        shared_environment.set_shared_variable,
        P.OPERATE,
        lambda g, a: shared_environment.set_shared_variable("", "KEY", value="1", is_secret=False, actor=a),
    ),
    Case(
        shared_environment.delete_shared_variable,
        P.OPERATE,
        lambda g, a: shared_environment.delete_shared_variable("", "KEY", actor=a),
    ),
    Case(approval.read_waiting, P.OPERATE, lambda g, a: approval.read_waiting(g.id, uuid4(), actor=a)),
    Case(approval.approve_asset, P.OPERATE, lambda g, a: approval.approve_asset(g.id, uuid4(), actor=a)),
    Case(approval.refuse_asset, P.OPERATE, lambda g, a: approval.refuse_asset(g.id, uuid4(), actor=a)),
    Case(quota.set_storage_quota, P.OPERATE, lambda g, a: quota.set_storage_quota(g.id, megabytes=1, actor=a)),
    Case(checking.request_check, P.OPERATE, lambda g, a: checking.request_check(g.id, checking.Check.VERIFY, actor=a)),
    Case(
        checking.request_fleet_check,
        P.OPERATE,
        lambda g, a: checking.request_fleet_check(checking.Check.VERIFY, actor=a),
    ),
    Case(checking.start_checks, P.OPERATE, lambda g, a: checking.start_checks(checking.Check.VERIFY, actor=a)),
    Case(checking.run_check, P.OPERATE, lambda g, a: checking.run_check(g.id, checking.Check.VERIFY, actor=a)),
    Case(
        frontend.push_frontend,
        P.OPERATE,
        lambda g, a: frontend.push_frontend(frontend.Frontend(name="x", files={}), actor=a, tell=print),
    ),
    Case(
        members.set_member_password,
        P.OPERATE,
        lambda g, a: members.set_member_password(g.id, g.member.pk, password=PASSWORD, actor=a),
    ),
    Case(
        members.change_member_email,
        P.OPERATE,
        lambda g, a: members.change_member_email(g.id, g.member.pk, email="other@acme.example", actor=a),
    ),
    Case(
        platform_visits.begin_visit,
        P.OPERATE,
        lambda g, a: platform_visits.begin_visit(g.id, operator=User(), reason="A ticket", minutes=15, actor=a),
    ),
)
