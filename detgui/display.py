"""Whether a window can be shown here, found out before Qt is loaded: Qt itself aborts the process where it cannot."""

from __future__ import annotations

import ctypes
import os
import sys

from detgui.errors import DetguiError

# Shared libraries that Qt's wheels expect of a Linux system, and the Debian and Ubuntu packages that hold them.
QT_LIBRARIES = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libdbus-1.so.3": "libdbus-1-3",
    "libX11.so.6": "libx11-6",
    "libxcb.so.1": "libxcb1",
}
XCB_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
    "libX11-xcb.so.1": "libx11-xcb1",
}
NO_DISPLAY = "there is no display to open a window on (neither DISPLAY nor WAYLAND_DISPLAY is set): log in to a desktop, or use ssh -X"


def has_display() -> bool:
    """True where a window can be asked for: not on Linux, a display is named, or Qt is told to draw without one."""
    if not sys.platform.startswith("linux"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"))


def check_display() -> None:
    """Raise `DetguiError`, one sentence, where no window can be opened: no display, or libraries that Qt needs are missing."""
    if not has_display():
        raise DetguiError(NO_DISPLAY)
    check_libraries()
    if sys.platform.startswith("linux") and _wants_xcb():
        _check_x_server()


def offscreen_if_needed() -> None:
    """Draw without a display where there is none; raises `DetguiError` where libraries that Qt needs are missing."""
    if not has_display():
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    check_libraries()


def check_libraries() -> None:
    """Raise `DetguiError` naming the missing shared libraries and the packages that hold them."""
    missing = missing_libraries()
    if missing:
        packages = " ".join(sorted({_packages()[name] for name in missing}))
        raise DetguiError(
            f"the window needs system libraries that are missing ({', '.join(missing)}); on Debian or Ubuntu: apt-get install {packages}"
        )


def missing_libraries() -> list[str]:
    """Names of the libraries of Qt that cannot be loaded here; empty on macOS and Windows, whose wheels hold all."""
    if not sys.platform.startswith("linux"):
        return []
    wanted = [*QT_LIBRARIES, *(XCB_LIBRARIES if _wants_xcb() else ())]
    return [name for name in wanted if not loads(name)]


def _packages() -> dict[str, str]:
    return QT_LIBRARIES | XCB_LIBRARIES


def _wants_xcb() -> bool:
    platform = os.environ.get("QT_QPA_PLATFORM", "")
    return platform.startswith("xcb") if platform else bool(os.environ.get("DISPLAY")) and not os.environ.get("WAYLAND_DISPLAY")


def loads(name: str) -> bool:
    """True where the dynamic linker finds a shared library."""
    try:
        ctypes.CDLL(name)
    except OSError:
        return False
    return True


def _check_x_server() -> None:
    """A DISPLAY that nobody answers would abort the process inside Qt."""
    xcb = ctypes.CDLL("libxcb.so.1")
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connection_has_error.argtypes = xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(None, None)
    broken = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    if broken:
        raise DetguiError(f"the display {os.environ.get('DISPLAY', '')!r} cannot be reached, so no window can be opened")
