"""Places on the sky against astropy, the long side, the boundary."""

from __future__ import annotations

import numpy as np
import pytest
from astropy.coordinates import SkyCoord
from hypothesis import given, settings
from hypothesis import strategies as st

from detgui.errors import BadInput
from detgui.science import offset_sky as sky


@settings(max_examples=40, deadline=None)
@given(st.floats(0, 360), st.floats(-85, 85), st.floats(-0.2, 0.2), st.floats(-0.2, 0.2))
def test_tangent_plane_as_astropy(ra0, dec0, dx, dy):
    place = SkyCoord(ra0, dec0, unit="deg")
    other = place.spherical_offsets_by(dx * _deg(), dy * _deg())
    frame = place.skyoffset_frame()
    inside = other.transform_to(frame)
    x = np.tan(inside.lon.radian)
    y = np.tan(inside.lat.radian) / np.cos(inside.lon.radian)
    east, north = sky.tangent_plane(np.array(other.ra.deg), np.array(other.dec.deg), ra0, dec0)
    assert east == pytest.approx(np.rad2deg(x) * 60, abs=1e-7)
    assert north == pytest.approx(np.rad2deg(y) * 60, abs=1e-7)
    ra, dec = sky.from_tangent_plane(east, north, ra0, dec0)
    assert SkyCoord(ra, dec, unit="deg").separation(other).arcsec < 1e-5


def _deg():
    from astropy import units

    return units.deg


def field(angle, ra0=265.0, dec0=69.0, n=400, seed=1):
    """Sources of a field of 5 x 2.2 arcmin whose long side has a position angle; p on the side that the angle points to."""
    rng = np.random.default_rng(seed)
    along, across = rng.uniform(-2.5, 2.5, n), rng.uniform(-1.1, 1.1, n)
    along = along[np.abs(along) > 0.1]
    across = across[: along.size]
    turn = np.deg2rad(angle)
    east = along * np.sin(turn) + across * np.cos(turn)
    north = along * np.cos(turn) - across * np.sin(turn)
    ra, dec = sky.from_tangent_plane(east, north, ra0, dec0)
    return ra, dec, np.where(along > 0, sky.P, sky.Q), along


@pytest.mark.parametrize(("angle", "ra0"), [(72.0, 265.0), (252.0, 0.01), (10.0, 359.99), (171.0, 40.0)])
def test_long_axis(angle, ra0):
    ra, dec, patch, along = field(angle, ra0)
    axis = sky.long_axis(ra, dec, patch)
    assert axis.angle == pytest.approx(angle, abs=2.0)
    exact = sky.long_axis(ra, dec, patch, angle)
    assert exact.angle == angle
    assert sky.along(ra, dec, exact) == pytest.approx(along, abs=0.05)
    assert (np.sign(sky.along(ra, dec, exact)) == patch).all()


def test_boundary_with_sources_on_the_wrong_side():
    high, low = np.array([1.0, 2.0, 3.0, -0.4]), np.array([-1.0, -2.0, -3.0, -4.0])
    assert sky.boundary(high, low) == pytest.approx(-0.7)
    assert sky.boundary(low, high) == pytest.approx(-0.7)


def test_middle_about_zero_hours():
    ra, _ = sky.middle(np.array([359.9, 0.1]), np.array([10.0, 10.0]))
    assert min(ra, 360 - ra) < 1e-9


def test_bad_places():
    with pytest.raises(BadInput, match="no source has a position"):
        sky.middle(np.array([np.nan]), np.array([1.0]))
    with pytest.raises(BadInput, match="fewer than 3"):
        sky.long_side(np.zeros(2), np.ones(2))
    with pytest.raises(BadInput, match="on one line"):
        sky.long_side(np.arange(9.0), np.zeros(9))
    ra, dec, _, _ = field(30.0)
    with pytest.raises(BadInput, match="give its position angle"):
        sky.long_axis(ra, dec, np.zeros(ra.size, np.int64))
