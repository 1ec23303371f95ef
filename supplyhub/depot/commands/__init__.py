"""What people do at the depot, by step: buying, receiving, sharing out, packing."""

from supplyhub.depot.commands.filling import Missing, Weighed
from supplyhub.depot.commands.ordering_goods import send_purchase_order
from supplyhub.depot.commands.packing import Packed, pack
from supplyhub.depot.commands.purchasing import cut_off_batch
from supplyhub.depot.commands.receiving import ReceivedLine, finish_receiving, receive
from supplyhub.depot.commands.sharing import share_out

__all__ = [
    "Missing",
    "Packed",
    "ReceivedLine",
    "Weighed",
    "cut_off_batch",
    "finish_receiving",
    "pack",
    "receive",
    "send_purchase_order",
    "share_out",
]
