"""The ten laws, in the order of their numbers."""

from supplyhub.audit.laws.everybody import NEED_TO_KNOW, NOBODY_FORGOTTEN
from supplyhub.audit.laws.fulfilment import FULFILMENT
from supplyhub.audit.laws.grid import GRID, ONE_BADGE
from supplyhub.audit.laws.money import MONEY
from supplyhub.audit.laws.offer import OFFER
from supplyhub.audit.laws.once import ONCE
from supplyhub.audit.laws.shortage import SHORTAGE
from supplyhub.audit.laws.stock import STOCK

__all__ = ["LAWS"]

LAWS = (OFFER, STOCK, FULFILMENT, SHORTAGE, GRID, ONE_BADGE, MONEY, ONCE, NOBODY_FORGOTTEN, NEED_TO_KNOW)
