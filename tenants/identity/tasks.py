"""Celery tasks of mails, and of identity providers' metadata. They parse, call one service and present nothing.

A mail that nobody takes is tried again for some minutes. One that is lost all the same is asked for again by a person:
an administrator sends the invitation anew, a member asks for another link.
"""

from smtplib import SMTPException

from celery import shared_task

from tenants.identity.saml import refreshing
from tenants.identity.services import notices, passwords, signing_up

__all__ = [
    "mail_invitation", "mail_notice", "mail_reset", "mail_sign_up", "refresh_saml_metadata", "refresh_saml_metadata_of",
]  # fmt: skip


@shared_task(autoretry_for=(OSError, SMTPException), retry_backoff=5, retry_backoff_max=300, max_retries=6)
def mail_invitation(tenant_id: str, member_id: str) -> None:
    """Mail an invitation."""
    passwords.mail_invitation(tenant_id, member_id)


@shared_task(autoretry_for=(OSError, SMTPException), retry_backoff=5, retry_backoff_max=300, max_retries=6)
def mail_reset(tenant_id: str, email: str, address: str) -> None:
    """Mail a link to a new password, if there is such a member."""
    passwords.mail_reset(tenant_id, email, address)


@shared_task(autoretry_for=(OSError, SMTPException), retry_backoff=5, retry_backoff_max=300, max_retries=6)
def mail_sign_up(tenant_id: str, email: str, address: str) -> None:
    """Mail what somebody gets who asked to become a member."""
    signing_up.mail_sign_up(tenant_id, email, address)


@shared_task(autoretry_for=(OSError, SMTPException), retry_backoff=5, retry_backoff_max=300, max_retries=6)
def mail_notice(tenant_id: str, letter: str) -> None:
    """Tell a member by mail what has changed about how they sign in."""
    notices.mail_notice(tenant_id, letter)


@shared_task
def refresh_saml_metadata() -> None:
    """Have the metadata of identity providers read again, of each tenant in a task of its own."""
    for tenant_id in refreshing.tenants_to_refresh():
        refresh_saml_metadata_of.delay(tenant_id)


@shared_task
def refresh_saml_metadata_of(tenant_id: str) -> None:
    """Read the metadata of one tenant's identity providers again."""
    refreshing.refresh_tenant(tenant_id)
