"""Which of a picture's files a browser gets: the smallest in bytes that it can show and that is wide enough."""

from functools import lru_cache

from runtime.asgi import Scope
from runtime.chainlit_host.answers.static import Prepared, Redirect
from runtime.whole_answers import WholeAnswer
from tenants.contract.state import Asset, Rendition

__all__ = ["accepted_formats", "best_file", "picture"]

FORMATS = ("image/avif", "image/webp")
"""What browsers name in Accept when they can show it; everything else is shown by all."""

ALL_COMBINATIONS = range(2 ** len(FORMATS))


@lru_cache(maxsize=512)
def accepted_formats(accept: bytes) -> int:
    """Return which of ``FORMATS`` an Accept header names, as bits. ``image/*`` promises neither."""
    accepted = 0
    for member in accept.decode("latin-1").lower().split(","):
        media_type, *parameters = (part.strip() for part in member.split(";"))
        if media_type in FORMATS and not any(
            parameter.replace(" ", "") in {"q=0", "q=0.0"} for parameter in parameters
        ):
            accepted |= 1 << FORMATS.index(media_type)
    return accepted


def best_file(asset: Asset, formats: int, *, width: int) -> str:
    """Return the address of the file for a browser that takes ``formats``, to be shown ``width`` pixels wide."""
    files: list[Asset | Rendition] = [asset, *asset.srcset]
    shown = [
        file
        for file in files
        if file is asset or file.content_type not in FORMATS or formats & (1 << FORMATS.index(file.content_type))
    ]
    # A drawing fits any width.
    wide = [file for file in shown if file.width is None or file.width >= width]
    if wide:
        return min(wide, key=lambda file: file.size).url
    return max(shown, key=lambda file: (file.width or 0, -file.size)).url


def picture(asset: Asset, *, width: int, cache_control: str) -> Prepared:
    """Return the redirect to a picture; it varies by Accept where that makes a difference."""
    urls = [best_file(asset, formats, width=width) for formats in ALL_COMBINATIONS]
    if len(set(urls)) == 1:
        return Redirect(urls[0], cache_control=cache_control)
    return NegotiatedRedirect(urls, cache_control=cache_control)


class NegotiatedRedirect(Prepared):
    """A temporary redirect for each combination of formats, made once."""

    __slots__ = ("_answers",)

    def __init__(self, urls: list[str], *, cache_control: str) -> None:
        made = {url: Redirect(url, cache_control=cache_control, vary="Accept").answer for url in urls}
        self._answers = tuple(made[url] for url in urls)

    def choose(self, scope: Scope) -> WholeAnswer:
        """Return the redirect for what the browser can show."""
        for name, value in scope["headers"]:
            if name == b"accept":
                return self._answers[accepted_formats(value)]
        return self._answers[0]
