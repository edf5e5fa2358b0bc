"""Who this conversation belongs to. Under plain ``chainlit run`` there is no tenant, and neutral answers are given.

``runtime.tenant`` is falsy wherever no tenant is bound.
"""

try:
    from runtime import tenant
except ImportError:
    tenant = None  # type: ignore[assignment]  # absent and unbound are the same to this app

__all__ = ["flag", "how_to_add_a_key", "name"]


def name() -> str:
    """The current tenant's name."""
    return tenant.name if tenant else "your assistant"


def flag(key: str) -> bool:
    """Whether the current tenant has the feature ``key`` switched on; off when nobody has heard of it."""
    return bool(tenant.flags.get(key, False)) if tenant else False


def how_to_add_a_key() -> str:
    """One sentence that says where an API key goes."""
    if tenant:
        where = "an administrator adds it under [tenant settings](/settings/) → Environment → `OPENAI_API_KEY`"
    else:
        where = "set `OPENAI_API_KEY` in the environment of this process"
    return f"For answers from a language model this assistant needs an API key: {where}."
