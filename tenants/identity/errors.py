"""Why nobody was signed in."""

from tenants.contract.errors import DomainError

__all__ = [
    "EmailMissingError", "EmailUnverifiedError", "LinkInvalidError", "NotAllowedError", "PasswordNotOfferedError",
    "PendingOverError", "ProxyRefusedError", "SecondFactorNeededError", "SecondFactorRefusedError",
    "SignInRefusedError", "SignUpRefusedError", "TooManyAttemptsError",
]  # fmt: skip


class SignInRefusedError(DomainError):
    """Unknown, inactive and locked accounts and wrong passwords: told in one sentence, so that none tells which."""

    status = 401

    def __init__(self) -> None:
        super().__init__(
            "sign_in_refused",
            "That e-mail address and password do not belong together. "
            "After several attempts an account rests for a few minutes.",
        )


class TooManyAttemptsError(DomainError):
    """Too many passwords came from one network address, whoever they were for."""

    status = 429

    def __init__(self) -> None:
        super().__init__(
            "too_many_attempts", "There were too many attempts from your network. Please try again in a few minutes."
        )


class NotAllowedError(DomainError):
    """The tenant's access policy keeps somebody out who has proved who they are."""

    status = 403

    def __init__(self) -> None:
        super().__init__(
            "sign_in_not_allowed",
            "You may not sign in here: the access policy does not allow it. Ask an administrator.",
        )


class PasswordNotOfferedError(DomainError):
    """The policy offers no sign-in with a password, so none is chosen or changed: it would open nothing."""

    status = 403

    def __init__(self) -> None:
        super().__init__("password_not_offered", "Nobody signs in with a password here, so there is none to choose.")


class SecondFactorNeededError(DomainError):
    """Somebody has proved who they are by one factor and owes another: ``next`` is the path at which they go on.

    It begins at the tenant's host with ``/settings/``, works once, for the first browser that opens it and a few
    minutes. ``?next=<path>`` may be added to say where to go after the sign-in; that is the chat otherwise.
    """

    status = 401

    def __init__(self, next: str) -> None:  # noqa: A002 - the name that callers read
        super().__init__("second_factor_needed", "Signing in takes a second factor.")
        self.next = next


class SecondFactorRefusedError(DomainError):
    """Wrong, used and out-of-date codes, and right ones after too many wrong ones: told in one sentence."""

    status = 401

    def __init__(self) -> None:
        super().__init__(
            "second_factor_refused",
            "That code does not work. Each works once; after several attempts codes rest for a few minutes.",
            field="code",
        )


class PendingOverError(DomainError):
    """The time for the second factor is over, or its page was opened elsewhere: one begins with the first again."""

    status = 410

    def __init__(self) -> None:
        super().__init__("sign_in_begun_anew", "That took too long, or was finished already. Please sign in again.")


class LinkInvalidError(DomainError):
    """A mailed link was used, has expired, was replaced, or never was."""

    status = 410

    def __init__(self) -> None:
        super().__init__("link_invalid", "This link does not work any more. Each works once, and only for a while.")


class EmailMissingError(DomainError):
    """An identity provider vouched for somebody without an e-mail address, by which people are known here."""

    status = 403

    def __init__(self) -> None:
        super().__init__(
            "email_missing", "The identity provider did not say your e-mail address. Ask an administrator."
        )


class EmailUnverifiedError(DomainError):
    """An identity provider does not stand for an e-mail address: whoever wrote it there need not be its owner."""

    status = 403

    def __init__(self) -> None:
        super().__init__(
            "email_unverified",
            "The identity provider does not say that your e-mail address is verified. Verify it there, then try again.",
        )


class ProxyRefusedError(DomainError):
    """Headers name somebody, and no proxy that the policy offers stands for them by its secret."""

    status = 401

    def __init__(self) -> None:
        super().__init__(
            "proxy_refused", "Your sign-in did not come by the proxy that people sign in by here. Ask an administrator."
        )


class SignUpRefusedError(DomainError):
    """The access policy lets nobody become a member by themselves, or not with this e-mail address (any more)."""

    status = 403

    def __init__(self) -> None:
        super().__init__(
            "sign_up_refused", "You cannot create an account here by yourself. Ask an administrator to invite you."
        )
