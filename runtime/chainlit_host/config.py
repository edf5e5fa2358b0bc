"""Seam: ``chainlit.config.config``. Its class is swapped, its identity stays: 18 modules hold it by name."""

from typing import TYPE_CHECKING, Any, ClassVar

from chainlit.config import (
    ChainlitConfig,
    ChainlitConfigOverrides,
    FeaturesSettings,
    ProjectSettings,
    UISettings,
    config,
)

from runtime.chainlit_host.apps.loading import AppLibrary, LoadedApp
from runtime.chainlit_host.view import TenantView, TenantViews, merge
from runtime.tenancy import current_handle

__all__ = ["TenantAwareConfig", "install_config"]

ANSWERED = frozenset({"code", "features", "load_translation", "project", "root", "run", "ui"})


class TenantAwareConfig(ChainlitConfig):
    """Answers from the current tenant, else from the app that is being loaded, else as Chainlit did."""

    views: ClassVar[TenantViews]
    library: ClassVar[AppLibrary]

    if not TYPE_CHECKING:  # a type checker reads the fields of ChainlitConfig instead

        def __getattribute__(self, name: str) -> Any:
            if name in ANSWERED and (answering := _answering()) is not None:
                return getattr(answering, name)
            return super().__getattribute__(name)

        def __setattr__(self, name: str, value: Any) -> None:
            # What an app sets stays the app's, or the tenant's until its next revision.
            if name in ANSWERED and (answering := _answering()) is not None:
                setattr(answering, name, value)
            else:
                super().__setattr__(name, value)

    def with_overrides(self, overrides: ChainlitConfigOverrides | None) -> ChainlitConfig:
        """Return a plain configuration for a chat profile, made from the present answers."""
        patch = overrides.model_dump(exclude_unset=True) if overrides else {}
        return ChainlitConfig.model_construct(
            root=self.root,
            chainlit_server=self.chainlit_server,
            run=self.run,
            code=self.code,
            features=FeaturesSettings.model_validate(merge(self.features.model_dump(), patch.get("features", {}))),
            ui=UISettings.model_validate(merge(self.ui.model_dump(), patch.get("ui", {}))),
            project=ProjectSettings.model_validate(merge(self.project.model_dump(), patch.get("project", {}))),
        )


def _answering() -> TenantView | LoadedApp | None:
    handle = current_handle()
    if handle is not None:
        return TenantAwareConfig.views.of(handle)
    return TenantAwareConfig.library.current()


def install_config(library: AppLibrary, views: TenantViews) -> None:
    """Make Chainlit's one configuration answer for each tenant and app."""
    TenantAwareConfig.library = library
    TenantAwareConfig.views = views
    object.__setattr__(config, "__class__", TenantAwareConfig)
