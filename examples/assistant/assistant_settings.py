"""What each tenant may set of this assistant, on its settings page under “App settings”."""

from pydantic import BaseModel, Field

try:
    from runtime import NoSettingsError, app_settings, tenant
except ImportError:
    tenant = None  # type: ignore[assignment]  # under plain `chainlit run` nobody sets anything

__all__ = ["AssistantSettings", "settings"]


class AssistantSettings(BaseModel):
    """All of it has a default, which counts until a tenant says otherwise."""

    instructions: str = Field(
        "", max_length=2000, description="Added to what the language model is told before each conversation."
    )
    closing_line: str = Field("", max_length=200, description="Stands below each answer of the built-in responder.")
    follow_ups: int = Field(2, ge=0, le=2, title="Suggested questions", description="At most so many below an answer.")


if tenant is not None:
    app_settings(AssistantSettings)


def settings() -> AssistantSettings:
    """The current tenant's settings, or the defaults where there are none."""
    if not tenant:
        return AssistantSettings()
    try:
        found: AssistantSettings = tenant.settings
    except NoSettingsError:
        return AssistantSettings()
    return found
