"""Why an operator was not let on."""

from tenants.contract.errors import DomainError

__all__ = ["FactorNeededError", "FactorRefusedError", "OperatorNotAllowedError", "OperatorRefusedError", "RestingError"]


class OperatorRefusedError(DomainError):
    """Unknown, inactive and locked accounts, no staff and wrong passwords: told in one sentence."""

    status = 401

    def __init__(self) -> None:
        super().__init__(
            "operator_refused",
            "That username and password do not belong together. After several attempts an account rests for a few "
            "minutes.",
        )


class FactorRefusedError(DomainError):
    """A wrong, used or expired code."""

    status = 401

    def __init__(self) -> None:
        super().__init__(
            "operator_code_refused",
            "That code was not accepted. Each works once; take the one that your app shows now.",
        )


class RestingError(DomainError):
    """Too many wrong attempts, of one account's second factor or from one network address."""

    status = 429

    def __init__(self) -> None:
        super().__init__("operator_resting", "There were too many attempts. Please try again in a few minutes.")


class FactorNeededError(DomainError):
    """The last second factor stays where operators need one."""

    status = 409

    def __init__(self) -> None:
        super().__init__(
            "operator_factor_needed",
            "This is your only second factor, and operators need one here. Add another one first.",
        )


class OperatorNotAllowedError(DomainError):
    """The identity provider vouches for somebody who is no operator; ``reason`` is for the audit log."""

    status = 403

    def __init__(self, reason: str) -> None:
        super().__init__(
            "operator_not_allowed", "Your organisation knows you, but you are no operator here. Ask another operator."
        )
        self.reason = reason
