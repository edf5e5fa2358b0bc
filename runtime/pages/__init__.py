"""Answers of our own where no app can answer: an unknown host, a suspended tenant, a failure."""

from runtime.pages.broken_app import render_broken_app
from runtime.pages.notice import Notice, RenderedNotice, render_notice

__all__ = ["Notice", "RenderedNotice", "render_broken_app", "render_notice"]
