"""Every service that takes an actor, and which permission it asks for: what ``test_permissions`` tries with each role.

Whoever adds a service adds a case here. A service that asks for nothing stands in ``UNASKED`` with the reason.
"""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from tenants.assets.services import receiving, slots
from tenants.contract.roles import Permission
from tenants.conversations.formats import ExportFormat
from tenants.conversations.queries import Search
from tenants.conversations.services import deleting, exporting, policy, reading
from tenants.identity.factors.passkeys import Site
from tenants.identity.providers import services as providers
from tenants.identity.proxies import secrets
from tenants.identity.saml import refreshing
from tenants.identity.scim import roles, tokens
from tenants.identity.services import enrolling, factors, members, passwords, signing_out
from tenants.identity.visit import Visit
from tenants.registry.services import (
    drafts,
    previews,
    revisions,
)
from tenants.workspace.services import (
    access,
    app_settings,
    branding,
    chat,
    chat_settings,
    environment,
    flags,
    history,
    scheduling,
)
from tests.conftest import PASSWORD
from tests.tenants.permission_case import Case
from tests.tenants.permission_matrix_of_operators import OF_OPERATORS

__all__ = ["MATRIX", "UNASKED"]


P = Permission
SITE = Site("acme.localhost", "http://acme.localhost", "Acme")
MATRIX = (
    *OF_OPERATORS,
    # What the tenant shows and is.
    Case(
        previews.keep_preview,
        P.EDIT_BRANDING,
        lambda g, a: previews.keep_preview(
            g.id, member_id=g.acting.pk, sign_in_id=uuid4(), change=lambda: None, actor=a
        ),
    ),
    Case(
        branding.update_branding,
        P.EDIT_BRANDING,
        lambda g, a: branding.update_branding(g.id, values={"display_name": "Other"}, actor=a),
    ),
    Case(
        chat_settings.update_chat_settings,
        P.EDIT_FEATURES,
        lambda g, a: chat_settings.update_chat_settings(g.id, features={"latex": True}, actor=a),
    ),
    Case(
        app_settings.update_app_settings,
        P.EDIT_APP_SETTINGS,
        lambda g, a: app_settings.update_app_settings(g.id, values={}, actor=a),
    ),
    Case(
        chat.update_chat,
        P.EDIT_FEATURES,
        lambda g, a: chat.update_chat(
            g.id, texts={"de": {"welcome": "Hallo"}}, starters=[], header_links=None, actor=a
        ),
    ),
    Case(flags.set_flag, P.EDIT_FLAGS, lambda g, a: flags.set_flag(g.id, "beta", enabled=True, actor=a)),
    Case(flags.define_flag, P.EDIT_FLAGS, lambda g, a: flags.define_flag(g.id, "beta", definition={}, actor=a)),
    Case(flags.delete_flag, P.EDIT_FLAGS, lambda g, a: flags.delete_flag(g.id, "beta", actor=a)),
    Case(
        environment.set_variable,
        P.EDIT_ENVIRONMENT,
        lambda g, a: environment.set_variable(g.id, "KEY", value="1", is_secret=False, actor=a),
    ),
    Case(environment.delete_variable, P.EDIT_ENVIRONMENT, lambda g, a: environment.delete_variable(g.id, "A", actor=a)),
    Case(
        history.update_history, P.KEEP_CONVERSATIONS, lambda g, a: history.update_history(g.id, enabled=False, actor=a)
    ),
    Case(
        policy.update_policy,
        P.MANAGE_CONVERSATIONS,
        lambda g, a: policy.update_policy(g.id, readers="owners", retention_days=30, actor=a),
    ),
    Case(
        deleting.delete_conversations,
        P.MANAGE_CONVERSATIONS,
        lambda g, a: deleting.delete_conversations(g.id, [uuid4()], actor=a),
    ),
    Case(
        reading.list_conversations,
        P.READ_CONVERSATIONS,
        lambda g, a: reading.list_conversations(g.id, search=Search(), actor=a),
    ),
    Case(
        reading.read_conversation,
        P.READ_CONVERSATIONS,
        lambda g, a: reading.read_conversation(g.id, uuid4(), actor=a),
    ),
    Case(
        exporting.export_conversations,
        P.READ_CONVERSATIONS,
        lambda g, a: exporting.export_conversations(g.id, search=Search(), form=ExportFormat.CSV, actor=a),
    ),
    Case(receiving.begin_upload, P.EDIT_FILES, lambda g, a: receiving.begin_upload(g.id, role="favicon", actor=a)),
    Case(receiving.finish_upload, P.EDIT_FILES, lambda g, a: receiving.finish_upload(g.id, uuid4(), actor=a)),
    Case(receiving.cancel_upload, P.EDIT_FILES, lambda g, a: receiving.cancel_upload(g.id, uuid4(), actor=a)),
    Case(
        receiving.fetch_remote,
        P.EDIT_FILES,
        lambda g, a: receiving.fetch_remote(g.id, role="favicon", url="https://example.com/a.png", actor=a),
    ),
    Case(slots.describe_asset, P.EDIT_FILES, lambda g, a: slots.describe_asset(g.id, "favicon", alt="", actor=a)),
    Case(slots.remove_asset, P.EDIT_FILES, lambda g, a: slots.remove_asset(g.id, "favicon", actor=a)),
    Case(drafts.publish_draft, P.PUBLISH, lambda g, a: drafts.publish_draft(g.id, actor=a)),
    Case(drafts.discard_draft, P.PUBLISH, lambda g, a: drafts.discard_draft(g.id, actor=a)),
    Case(
        scheduling.schedule_publication,
        P.PUBLISH,
        lambda g, a: scheduling.schedule_publication(g.id, at=timezone.now() + timedelta(hours=1), actor=a),
    ),
    Case(scheduling.cancel_publication, P.PUBLISH, lambda g, a: scheduling.cancel_publication(g.id, actor=a)),
    Case(
        drafts.set_publish_on_save,
        P.MANAGE_PUBLISHING,
        lambda g, a: drafts.set_publish_on_save(g.id, enabled=False, actor=a),
    ),
    Case(revisions.restore_revision, P.RESTORE_REVISIONS, lambda g, a: revisions.restore_revision(g.id, 1, actor=a)),
    # Who enters, and how.
    *(
        Case(service, permission, lambda g, a, s=service, c=changes: s(g.id, **c, actor=a), " ".join(changes))
        for service in (access.update_access, access.preview_access)
        for permission, changes in (
            (P.MANAGE_ENTRY, {"entry": "domains", "email_domains": ["acme.example"]}),
            (P.MANAGE_ENTRY, {"session_seconds": 3600, "idle_seconds": 600}),
            (P.MANAGE_ENTRY, {"mode": "anonymous", "methods": ["password"], "networks": []}),
            (P.MANAGE_ACCESS, {"mode": "members"}),
            (P.MANAGE_ACCESS, {"networks": ["203.0.113.0/24"]}),
            (P.MANAGE_ACCESS, {"allowed_origins": ["https://shop.example"]}),
            (P.MANAGE_ACCESS, {"owner_second_factor": "off"}),
            (P.MANAGE_ACCESS, {"admin_second_factor": "off"}),
            (P.MANAGE_ENTRY, {"member_second_factor": "off"}),
        )
    ),
    Case(
        providers.add_provider,
        P.MANAGE_ACCESS,
        lambda g, a: providers.add_provider(g.id, "company", kind="oidc", actor=a),
    ),
    Case(
        providers.update_provider,
        P.MANAGE_ACCESS,
        lambda g, a: providers.update_provider(g.id, "company", label="Other", actor=a),
    ),
    Case(providers.remove_provider, P.MANAGE_ACCESS, lambda g, a: providers.remove_provider(g.id, "company", actor=a)),
    Case(
        refreshing.refresh_provider,
        P.MANAGE_ACCESS,
        lambda g, a: refreshing.refresh_provider(g.id, "company", actor=a),
    ),
    Case(secrets.make_proxy_secret, P.MANAGE_ACCESS, lambda g, a: secrets.make_proxy_secret(g.id, "proxy", actor=a)),
    Case(
        secrets.withdraw_proxy_secret,
        P.MANAGE_ACCESS,
        lambda g, a: secrets.withdraw_proxy_secret(g.id, "proxy", uuid4(), actor=a),
    ),
    Case(access.sign_out_everyone, P.SIGN_OUT_EVERYONE, lambda g, a: access.sign_out_everyone(g.id, actor=a)),
    Case(signing_out.sign_out_everyone, P.SIGN_OUT_EVERYONE, lambda g, a: signing_out.sign_out_everyone(g.id, actor=a)),
    # The people: members and admins are managed by administrators, owners by owners.
    *(
        Case(service, permission, lambda g, a, c=call, r=role: c(g, r, a), f"of role {role}")
        for role, permission in (
            ("member", P.MANAGE_MEMBERS),
            ("admin", P.MANAGE_MEMBERS),
            ("owner", P.MANAGE_OWNERS),
        )
        for service, call in (
            (members.add_member, lambda g, r, a: members.add_member(g.id, email="new@acme.example", role=r, actor=a)),
            (
                passwords.invite_member,
                lambda g, r, a: passwords.invite_member(g.id, email="new@acme.example", role=r, actor=a),
            ),
            (
                passwords.resend_invitation,
                lambda g, r, a: passwords.resend_invitation(g.id, getattr(g, r).pk, actor=a),
            ),
            (
                members.update_member,
                lambda g, r, a: members.update_member(
                    g.id, getattr(g, r).pk, name="Other", role="member", is_active=True, actor=a
                ),
            ),
            (members.remove_member, lambda g, r, a: members.remove_member(g.id, getattr(g, r).pk, actor=a)),
            (factors.reset_factors, lambda g, r, a: factors.reset_factors(g.id, getattr(g, r).pk, actor=a)),
            (signing_out.sign_out_member, lambda g, r, a: signing_out.sign_out_member(g.id, getattr(g, r).pk, actor=a)),
        )
    ),
    Case(
        roles.set_group_role,
        P.MANAGE_MEMBERS,
        lambda g, a: roles.set_group_role(g.id, uuid4(), role="admin", actor=a),
    ),
    Case(
        tokens.issue_token, P.MANAGE_TOKENS, lambda g, a: tokens.issue_token(g.id, name="Directory", days=30, actor=a)
    ),
    Case(tokens.revoke_token, P.MANAGE_TOKENS, lambda g, a: tokens.revoke_token(g.id, uuid4(), actor=a)),
    Case(
        members.update_member,
        P.MANAGE_OWNERS,
        lambda g, a: members.update_member(g.id, g.admin.pk, name="", role="owner", is_active=True, actor=a),
        "to owner",
    ),
    # One's own profile, and that of others.
    *(
        Case(service, P.EDIT_OWN_PROFILE, lambda g, a, c=call, w=whose: c(g, getattr(g, w), a), label, own=own)
        for whose, label, own in (("acting", "own", True), ("member", "somebody else's", False))
        for service, call in (
            (members.rename_member, lambda g, m, a: members.rename_member(g.id, m.pk, name="Other", actor=a)),
            (
                enrolling.add_app,
                lambda g, m, a: enrolling.add_app(g.tenant, m.pk, sealed="", code="", subject=uuid4(), actor=a),
            ),
            (
                enrolling.add_passkey,
                lambda g, m, a: enrolling.add_passkey(
                    g.tenant, m.pk, SITE, answer="", name="Laptop", subject=uuid4(), actor=a
                ),
            ),
            (
                enrolling.new_recovery_codes,
                lambda g, m, a: enrolling.new_recovery_codes(g.tenant, m.pk, actor=a),
            ),
            (
                factors.rename_passkey,
                lambda g, m, a: factors.rename_passkey(g.tenant, m.pk, uuid4(), name="Laptop", actor=a),
            ),
            (factors.remove_passkey, lambda g, m, a: factors.remove_passkey(g.tenant, m.pk, uuid4(), actor=a)),
            (factors.remove_app, lambda g, m, a: factors.remove_app(g.tenant, m.pk, actor=a)),
            (signing_out.end_sign_in, lambda g, m, a: signing_out.end_sign_in(g.id, m.pk, uuid4(), actor=a)),
            (
                passwords.change_password,
                lambda g, m, a: passwords.change_password(
                    g.tenant, m, current="wrong", password=PASSWORD, visit=Visit(), actor=a
                ),
            ),
        )
    ),
)

UNASKED = {
    "tenants.registry.services.auditing.record": "writes down what was permitted, and what was refused",
    "tenants.registry.services.publishing.publish_tenant": "publishes what a service before has changed",
    "tenants.workspace.services.editing.editing": "the frame of an edit whose service has asked",
    "tenants.workspace.access.people.keep_owners_in": "refuses more, and permits nothing",
    "tenants.identity.providers.services.keep_owners_in_by": "refuses more, and permits nothing",
    "tenants.registry.services.drafts.expect_draft": "is a question itself",
    "tenants.registry.services.revisions.restore_rows": "the frame of what restores, whose service has asked",
    "tenants.workspace.restoring.check_workspace": "a step of restore_revision, which asks",
    "tenants.workspace.restoring.restore_workspace": "a step of restore_revision, which asks",
    "tenants.conversations.services.policy.expect_reader": "is a question itself",
    "tenants.assets.restoring.check_assets": "a step of restore_revision, which asks",
    "tenants.assets.restoring.restore_assets": "a step of restore_revision, which asks",
    "tenants.identity.services.factors.changing": "the frame of a change of one's own factors, which asks for it",
    "tenants.identity.services.factors.record_factor": "writes down what was permitted",
    "tenants.identity.services.members.expect_may_manage": "is a question itself",
    "tenants.identity.scim.roles.grant_roles": "whoever tied the roles to the groups had the permission",
    "tenants.identity.services.signing_out.sign_out": "whoever has the token of a sign-in may end it",
}
"""Functions that take an actor and ask for no permission, with the reason."""
