"""What the staging depot writes down, a module for each of its rooms."""

from __future__ import annotations

from supplyhub.depot import models_packing, models_purchasing, models_sharing, models_stock

__all__ = ["models_packing", "models_purchasing", "models_sharing", "models_stock"]
