"""Answers of our own where no app can answer: an unknown host, a suspended tenant, a failure."""

from runtime.pages.notice import Notice, RenderedNotice, render_notice

__all__ = ["Notice", "RenderedNotice", "render_notice"]
