"""Lines of an SVG by hand: coordinates transformed, thickness kept, the rest untouched."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from detgui.gui.common.svg_lines import flattened

HEAD = '<svg xmlns="http://www.w3.org/2000/svg">\n'


def group(inside: str, matrix: str = "10,0,0,-2,5,100") -> str:
    return f'{HEAD}<g fill="none" stroke-width="1.5" transform="matrix({matrix})"\nfont-size="12">\n{inside}\n</g>\n</svg>'


def shapes(svg: str):
    (made,) = ET.fromstring(svg)
    assert made.get("transform") == "matrix(1,0,0,1,0,0)"
    assert made.get("stroke-width") == "1.5"
    return list(made)


def test_lines_are_moved_to_where_they_are_drawn():
    polyline, path = shapes(
        flattened(
            group(
                '<polyline fill="none" vector-effect="non-scaling-stroke" points="1,2 3,-4 " />'
                '<path vector-effect="non-scaling-stroke" d="M0,0 C1,1 2,1.5e-1 3,0 Z "/>'
            )
        )
    )
    assert polyline.get("points").split() == ["15,96", "35,108"]
    assert path.get("d").split() == ["M5,100", "C15,98", "25,99.7", "35,100", "Z"]
    assert polyline.get("vector-effect") is None


def test_a_turned_rectangle_becomes_its_outline():
    (path,) = shapes(flattened(group('<rect vector-effect="non-scaling-stroke" x="1" y="2" width="3" height="4"/>', "0,1,-1,0,0,0")))
    assert path.tag.endswith("path")
    assert path.get("d").split() == ["M-2,1", "L-2,4", "L-6,4", "L-6,1", "Z"]


def test_text_and_scaling_lines_stay():
    for inside in ('<text x="1" y="2">N</text>', '<polyline points="1,2 3,4"/>'):
        assert flattened(group(inside)) == group(inside)
