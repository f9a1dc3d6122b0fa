"""Display limits that stay while the user steps through frames."""

from __future__ import annotations

from dataclasses import replace

from detgui.session.requests import ImageAnswer, ImageRequest


class LimitsLock:
    """Remembers the limits of the image shown last and puts them into requests of the same sort.

    Of the same sort are images of one plane, difference or not, with the same way of choosing limits: what the user sets counts at once.
    """

    def __init__(self) -> None:
        self._basis: tuple[object, ...] | None = None
        self._limits = (0.0, 1.0)

    def note(self, answer: ImageAnswer | None) -> None:
        """Remember the limits of a shown image."""
        if answer is not None and not (answer.request.locked and answer.request.limits == "typed"):
            self._basis, self._limits = _basis(answer.request), (answer.low, answer.high)

    def apply(self, request: ImageRequest | None, locked: bool) -> ImageRequest | None:
        """The request with the remembered limits, where they are locked and fit."""
        if request is None or not locked or self._basis != _basis(request):
            return request
        return replace(request, limits="typed", low=self._limits[0], high=self._limits[1], locked=True)


def _basis(request: ImageRequest) -> tuple[object, ...]:
    return request.frame.plane, request.signed, request.subtract is None, request.limits, request.percentile, request.low, request.high
