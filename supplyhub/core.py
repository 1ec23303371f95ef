"""What the application is without its pages: database, keys, who stands outside. Workers and the clock need no more."""

from __future__ import annotations

import structlog
from flask import Flask

from supplyhub import logs
from supplyhub.catalog import models as catalog_models
from supplyhub.config import PACKAGE, TEMPLATES, Settings
from supplyhub.crypto import SigningKey, Vault
from supplyhub.db import CONNECT_OPTIONS, db
from supplyhub.delivery import models as delivery_models
from supplyhub.delivery import models_following as following_models
from supplyhub.depot import models as depot_models
from supplyhub.help import models as help_models
from supplyhub.help import models_packs as packs_models
from supplyhub.notifications import models as notifications_models
from supplyhub.ordering import models as ordering_models
from supplyhub.ordering.desk import GatheringDesk, SingleDesk
from supplyhub.outbox import OutboxEntry
from supplyhub.outside.wiring import gateway_of, messenger_of
from supplyhub.payments import models as payments_models
from supplyhub.people import models as people_models
from supplyhub.people import models_duty as duty_models
from supplyhub.photos import models as photos_models
from supplyhub.places import models as places_models
from supplyhub.reports import models as reports_models
from supplyhub.residents import models as residents_models
from supplyhub.residents import models_care as care_models
from supplyhub.residents.tokens import GatheringDoorkeeper, SingleDoorkeeper

# Named here so that every table is known to the metadata, whoever asks for it.
TABLES = (
    OutboxEntry,
    places_models,
    people_models,
    photos_models,
    duty_models,
    residents_models,
    care_models,
    catalog_models,
    ordering_models,
    payments_models,
    depot_models,
    delivery_models,
    following_models,
    help_models,
    packs_models,
    reports_models,
    notifications_models,
)

# More than about four connections a process lowered throughput where it was measured.
CONNECTIONS_PER_PROCESS = 4


def create_core(settings: Settings | None = None, *, gathers: bool = False) -> Flask:
    """Return the application for `settings`, by default those of the environment, without anything of HTTP.

    With `gathers` its threads share the work of what comes at the same time (orders, tokens): for the server.
    """
    if not structlog.is_configured():
        logs.configure()
    settings = Settings.from_env() if settings is None else settings
    app = Flask(
        "supplyhub",
        root_path=str(PACKAGE),
        template_folder=str(TEMPLATES),
        static_folder=str(PACKAGE / "web" / "static"),
    )
    app.config.from_mapping(
        SECRET_KEY=settings.session_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS={
            "pool_size": CONNECTIONS_PER_PROCESS,
            "max_overflow": 0,
            # Who waits longer is told to come again.
            "pool_timeout": 1,
            "pool_pre_ping": True,
            # A statement's values may be somebody's: they stay out of errors, and so out of logs.
            "hide_parameters": True,
            "connect_args": {"options": CONNECT_OPTIONS},
        },
    )
    app.extensions["settings"] = settings
    app.extensions["vault"] = Vault(settings.data_keys)
    app.extensions["ticket_key"] = SigningKey(settings.ticket_key)
    app.extensions["gateway"] = gateway_of(settings)
    app.extensions["messenger"] = messenger_of(settings)
    app.extensions["desk"] = GatheringDesk(settings.database_url) if gathers else SingleDesk()
    app.extensions["doorkeeper"] = GatheringDoorkeeper(settings.database_url) if gathers else SingleDoorkeeper()
    db.init_app(app)
    return app
