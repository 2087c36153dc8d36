"""The list: one module a kind."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING

from tests.hostile.ground import REGISTER

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.hostile.ground import Deployment


def load() -> Mapping[str, Deployment]:
    """All hostile deployments by name, in the order of the list."""
    for module in sorted(each.name for each in pkgutil.iter_modules(__path__)):
        importlib.import_module(f"{__name__}.{module}")
    return REGISTER
