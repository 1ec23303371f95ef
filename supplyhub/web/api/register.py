"""Grids, buildings, households, and loading them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app
from flask_smorest import Blueprint
from flask_smorest.fields import Upload
from marshmallow import RAISE

from supplyhub.files import LARGEST_FILE_BYTES
from supplyhub.people.states import Role
from supplyhub.residents import queries
from supplyhub.residents.importing import NamedFile, RegisterFiles, RegisterReport, import_register
from supplyhub.residents.schemas import (
    BuildingOut,
    BuildingsQuery,
    GridOut,
    HouseholdOut,
    HouseholdsQuery,
    ImportOut,
    ImportQuery,
)
from supplyhub.schemas import InSchema
from supplyhub.web.audience import EVERYBODY, asker, audience

if TYPE_CHECKING:
    from flask_smorest.pagination import PaginationParameters
    from werkzeug.datastructures import FileStorage

blp = Blueprint("register", __name__, url_prefix="/api/v1", description="The register: grids, buildings, households")
LONGEST_FILE_NAME = 60


class RegisterFilesIn(InSchema):
    """The files of an import: the household list (CSV or Excel), and the map (GeoJSON) as far as it changes."""

    households = Upload(required=True)
    cadastre = Upload()
    grids = Upload()
    streets = Upload()


@blp.route("/grids")
@blp.response(200, GridOut(many=True))
@audience(EVERYBODY)
def grids() -> list[Any]:
    """List the grids that the asker works or lives in; all of them for coordinator and depot."""
    return queries.grids_for(asker())


@blp.route("/buildings")
@blp.arguments(BuildingsQuery, location="query")
@blp.response(200, BuildingOut(many=True))
@blp.paginate(max_page_size=500, page_size=100)
@audience(Role.COORDINATOR, Role.GRID_LEAD)
def buildings(query: dict[str, Any], pagination_parameters: PaginationParameters) -> list[Any]:
    """List buildings by grid and route, with why one has no grid."""
    pagination_parameters.item_count = queries.count_buildings_for(asker(), **query)
    page = {"limit": pagination_parameters.page_size, "offset": pagination_parameters.first_item}
    return queries.buildings_for(asker(), **query, **page)


@blp.route("/households")
@blp.arguments(HouseholdsQuery, location="query")
@blp.response(200, HouseholdOut(many=True))
@blp.paginate(max_page_size=500, page_size=100)
@audience(Role.COORDINATOR, Role.GRID_LEAD)
def households(query: dict[str, Any], pagination_parameters: PaginationParameters) -> list[Any]:
    """List active households in walking order; with `unplaced` those that have no grid and can't order."""
    pagination_parameters.item_count = queries.count_households_for(asker(), **query)
    page = {"limit": pagination_parameters.page_size, "offset": pagination_parameters.first_item}
    return queries.households_for(asker(), vault=current_app.extensions["vault"], **query, **page)


@blp.route("/register/imports", methods=["POST"])
# Files that nobody reads would be lost without a word.
@blp.arguments(RegisterFilesIn, location="files", unknown=RAISE)
@blp.arguments(ImportQuery, location="query")
@blp.response(200, ImportOut)
@audience(Role.COORDINATOR)
def load_register(files: dict[str, FileStorage], query: dict[str, Any]) -> RegisterReport:
    """Load the register; refused whole, with every faulty line, when a file is malformed. Again changes nothing."""
    given = {name: named_file(name, upload) for name, upload in files.items()}
    return import_register(
        asker().community_id,
        RegisterFiles(**given),
        vault=current_app.extensions["vault"],
        account_id=asker().account_id,
        dry_run=query["dry_run"],
    )


def named_file(field: str, upload: FileStorage) -> NamedFile:
    """Return an uploaded file under its own name as far as that can be shown. No more is read than is allowed."""
    name = upload.filename or ""
    shown = name if name.isprintable() and len(name) <= LONGEST_FILE_NAME else field
    return NamedFile(shown or field, upload.stream.read(LARGEST_FILE_BYTES + 1))
