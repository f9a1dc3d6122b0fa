"""The DQ_DEF table of reference files: what their flags are called."""

from __future__ import annotations

from collections.abc import Mapping

from detgui.data.int_times import table_rows
from detgui.data.parts import Part
from detgui.science.dq import definitions_of


def dq_definitions(part: Part) -> Mapping[str, int] | None:
    """Names and values of the flags in a file's DQ planes, from its DQ_DEF (NAME and VALUE); None without a table that can be read.

    JWST's science products have none: their flags are those of `science.dq.PIXEL`. In reference files the same bit may mean another
    thing; the jwst package translates them by this table when it opens one.
    """
    rows = table_rows(part, "DQ_DEF")
    if rows is None:
        return None
    try:
        columns = {str(name).upper(): name for name in rows.names}
        return definitions_of(rows[columns["NAME"]], rows[columns["VALUE"]]) or None
    except (KeyError, ValueError, TypeError):  # a damaged table: bits then have JWST's names
        return None
