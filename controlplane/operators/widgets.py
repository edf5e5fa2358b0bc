"""Putting unfold's look on forms whose widgets are Django's plain ones."""

from typing import TypeVar

from django import forms
from unfold.widgets import FILE_CLASSES, INPUT_CLASSES, SELECT_CLASSES, SWITCH_CLASSES, TEXTAREA_CLASSES

__all__ = ["dressed"]

AnyForm = TypeVar("AnyForm", bound=forms.BaseForm)


def dressed(form: AnyForm) -> AnyForm:
    """Return the form with unfold's classes on its widgets."""
    for field in form.fields.values():
        parts = field.widget.widgets if isinstance(field.widget, forms.MultiWidget) else (field.widget,)
        for part in parts:
            _dress(part)
    return form


def _dress(widget: forms.Widget) -> None:
    match widget:
        case forms.CheckboxInput():
            _add_classes(widget, SWITCH_CLASSES)
        case forms.Select():
            widget.template_name = "unfold/widgets/select.html"
            _add_classes(widget, SELECT_CLASSES)
        case forms.Textarea():
            widget.attrs["rows"] = 3
            _add_classes(widget, TEXTAREA_CLASSES)
        case forms.FileInput():
            _add_classes(widget, FILE_CLASSES)
        case forms.HiddenInput():
            pass
        case forms.widgets.Input():
            _add_classes(widget, INPUT_CLASSES)


def _add_classes(widget: forms.Widget, classes: list[str]) -> None:
    widget.attrs["class"] = " ".join([*classes, widget.attrs.get("class", "")]).strip()
