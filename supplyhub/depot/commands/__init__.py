"""What people do at the depot, by step: buying, receiving, sharing out, packing."""

from supplyhub.depot.commands.accepting import Goods, Sender, Unheard, accept
from supplyhub.depot.commands.answering import answer_call
from supplyhub.depot.commands.breaking import Missing
from supplyhub.depot.commands.deciding import choose_policy, decide_shares
from supplyhub.depot.commands.faulting import Seen, note_fault
from supplyhub.depot.commands.filling import Weighed
from supplyhub.depot.commands.ordering_goods import (
    ConfirmedLine,
    close_purchase_order,
    confirm_from_sheet,
    confirm_purchase_order,
    send_purchase_order,
)
from supplyhub.depot.commands.packing import Packed, pack
from supplyhub.depot.commands.purchasing import cut_off_batch
from supplyhub.depot.commands.receiving import ReceivedLine, finish_receiving, receive
from supplyhub.depot.commands.returning import Dealt, deal_with_parcel
from supplyhub.depot.commands.sharing import share_out, share_part
from supplyhub.depot.commands.stock import put_back, release, set_aside, write_off
from supplyhub.depot.commands.stocktaking import (
    Counted,
    Why,
    book_stocktake,
    count_lots,
    drop_stocktake,
    finish_count,
    recount,
    start_stocktake,
)

__all__ = [
    "ConfirmedLine",
    "Counted",
    "Dealt",
    "Goods",
    "Missing",
    "Packed",
    "ReceivedLine",
    "Seen",
    "Sender",
    "Unheard",
    "Weighed",
    "Why",
    "accept",
    "answer_call",
    "book_stocktake",
    "choose_policy",
    "close_purchase_order",
    "confirm_from_sheet",
    "confirm_purchase_order",
    "count_lots",
    "cut_off_batch",
    "deal_with_parcel",
    "decide_shares",
    "drop_stocktake",
    "finish_count",
    "finish_receiving",
    "note_fault",
    "pack",
    "put_back",
    "receive",
    "recount",
    "release",
    "send_purchase_order",
    "set_aside",
    "share_out",
    "share_part",
    "start_stocktake",
    "write_off",
]
