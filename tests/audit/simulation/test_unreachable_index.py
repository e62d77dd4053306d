from __future__ import annotations

import pytest

from installer.audit.simulation.requirement import Wanted
from installer.audit.simulation.unreachable_index import _is_newer

HELD = ("2.9.0", "2.13.0", "2.15.1+cu130")


@pytest.mark.parametrize("specifier", ["==2.16.0", ">=2.16", "==2.16.*", "~=3.0", ">=2.15.2,<3"])
def test_what_is_newer_than_all_that_is_known_may_have_come_since(specifier: str) -> None:
    assert _is_newer(Wanted("torch", "index", f"torch{specifier}", specifier=specifier), HELD)


@pytest.mark.parametrize("specifier", ["==1.0.0", "==2.14.0", "<2.9", "==2.15.1", ""])
def test_what_should_be_among_them_is_not_there(specifier: str) -> None:
    assert not _is_newer(Wanted("torch", "index", f"torch{specifier}", specifier=specifier), HELD)
