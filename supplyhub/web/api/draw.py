"""The fair draw of a menu, as it is published."""

from __future__ import annotations

from typing import Any

from flask_smorest import Blueprint

from supplyhub.ordering.draw.queries import published_draw
from supplyhub.ordering.draw.schemas import DrawOut
from supplyhub.web.audience import EVERYBODY, asker, audience

blp = Blueprint("draw", __name__, url_prefix="/api/v1", description="Menus that are shared out by a draw")


@blp.route("/menus/<int:menu_id>/draw")
@blp.response(200, DrawOut)
@audience(EVERYBODY)
def draw(menu_id: int) -> dict[str, Any]:
    """Return a menu's draw: before it the hash of its seed, after it the seed and every slip in order.

    404 for a menu that is sold first come, first served.
    """
    return published_draw(asker(), menu_id)
