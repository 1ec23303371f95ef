"""What stands for the arguments of every route, and what is sent to it: the table of the matrix in `test_foreign_ids`.

A new argument: add a line to `IDS` (what `ForeignWorld.ids` has under that name), or to `WORDS` when it is no id; one of
some words (`any(...)`) needs none.
"""

from __future__ import annotations

from typing import Any, Final

from tests.factories_help import PHOTO

# (view, area or "*", argument) -> the name of an id of the owner's in `ForeignWorld.ids`.
IDS: Final[dict[tuple[str, str], str]] = {
    ("*", "account"): "volunteer",
    ("*", "account_id"): "volunteer",
    ("*", "application"): "application",
    ("*", "batch_id"): "batch",
    ("*", "building_id"): "building",
    ("*", "case_id"): "case",
    ("*", "channel"): "channel",
    ("*", "check_id"): "check",
    ("*", "code"): "ticket",
    ("*", "credit_id"): "credit",
    ("*", "cycle_id"): "cycle",
    ("*", "entry"): "entry",
    ("*", "fault_id"): "fault",
    ("*", "grid"): "grid",
    ("*", "grid_number"): "grid",
    ("*", "household_id"): "household",
    ("*", "import_id"): "register_import",
    ("*", "item"): "inbox",
    ("*", "item_id"): "item",
    ("*", "line"): "line",
    ("*", "lot_id"): "lot",
    ("*", "menu_id"): "menu",
    ("*", "number"): "grid",
    ("*", "order_id"): "order",
    ("*", "pack_id"): "pack_id",
    ("*", "photo"): "photo",
    ("*", "photo_id"): "photo",
    ("*", "platform_id"): "platform",
    ("*", "point_id"): "point",
    ("*", "product_id"): "product",
    ("*", "purchase_order_id"): "purchase_order",
    ("*", "receipt_id"): "receipt",
    ("*", "reconciliation_id"): "reconciliation",
    ("*", "refund_id"): "refund",
    ("*", "shift_id"): "shift",
    ("*", "sku"): "sku",
    ("*", "stocktake_id"): "stocktake",
    ("*", "stop_id"): "stop",
    ("*", "ticket"): "ticket",
    ("*", "version"): "route_version",
    ("anchors", "household_id"): "anchor",
    ("arrivals", "code"): "parcel",
    ("asking", "code"): "medicine",
    ("asking", "menu_id"): "delivered_menu",
    ("badge_pages", "code"): "badge",
    ("following", "item_id"): "inbox",
    ("following.not_arrived", "code"): "parcel",
    ("exports", "job_id"): "export_job",
    ("help_api", "code"): "medicine",
    ("help_api.credit", "code"): "complaint",
    ("help_api.explain", "code"): "complaint",
    ("help_api.post", "code"): "open_wish",
    ("help_request", "code"): "medicine",
    ("imports", "job_id"): "register_job",
    ("keeping", "code"): "parcel",
    ("lots.deal", "code"): "parcel",
    ("menus", "cycle_id"): "open_cycle",
    ("orders", "cycle_id"): "open_cycle",
    ("calls", "cycle_id"): "open_cycle",
    ("desk_money", "code"): "point_parcel",
    ("draw", "menu_id"): "delivered_menu",
    ("draws", "item_id"): "delivered_item",
    ("draws", "menu_id"): "delivered_menu",
    ("packing", "code"): "parcel",
    ("parcels", "code"): "parcel",
    ("people", "code"): "badge",
    ("point", "ticket"): "point_ticket",
    ("printing", "job_id"): "print_job",
    ("purchase", "order_id"): "purchase_order",
    ("receiving", "order_id"): "purchase_order",
    ("reconcile", "number"): "reconciliation",
    ("returned", "code"): "parcel",
    ("shortages.answer", "item_id"): "delivered_item",
    ("unpacking", "code"): "parcel",
    ("wishes", "code"): "wish",
    ("wishes.claim", "code"): "open_wish",
    ("wishes.complaint", "code"): "complaint",
    ("wishes.credit", "code"): "complaint",
    ("wishes.explain", "code"): "complaint",
    ("wishes.post", "code"): "open_wish",
    ("wishes_api", "code"): "wish",
    ("wishes_api.claim", "code"): "open_wish",
}

# Arguments that are no ids but words and counts of the program: the same for everybody.
WORDS: Final[dict[tuple[str, str], Any]] = {
    ("asking", "kind"): "errand",
    ("printing.fetch", "number"): 1,
    ("receiving.extra", "kind"): "donation",
}

# Routes without an audience that name nothing of anybody.
PUBLIC_RULES: Final = {
    "static": "files of the program",
    "phone_page.module": "scripts of the program, by what they hold",
}

# What is a community's, not a grid's: whoever is in the community may name it.
WHOLE: Final = {
    "cycle": "a cycle is the community's",
    "open_cycle": "a cycle is the community's",
}

# Sent beside the body: which version of an order is meant.
HEADERS: Final = {
    "orders.cancel_own": {"If-Match": '"1"'},
    "orders.cancel_for": {"If-Match": '"1"'},
    "orders.place_own": {"If-Match": '"1"'},
    "orders.place_for": {"If-Match": '"1"'},
}

_KEY = "0b5bd1f4-7a1c-4b5e-9c1e-6a0d4f8c7171"
_SOON, _LATER = "2030-01-01T08:00:00+08:00", "2030-01-01T18:00:00+08:00"
_THEN = "2026-01-01T08:00:00+08:00"
_BASKET = {"lines": [{"item": "$item", "quantity": 2}], "total_fen": 960}
_DOOR = {"id": _KEY, "stop": "$stop", "outcome": "delivered", "happened_at": _THEN}
_MOVE = {"quantity": 1, "note": "看过了"}
_WASTE = {**_MOVE, "place": "shelf", "reason": "spoiled"}
_CRATES = {"counted": 1}
_DUTY = {"title": "liaison", "name": "张三", "phone": "13900000073"}

_LEADS_BACK = "leads back to its list, where it says that nothing was done"
_WHOSE = "who holds another grid's paper is told whose it is, and that is written down"

# Where the answer isn't 403 or 404.
OTHERWISE: Final = {
    "anchors.end": _LEADS_BACK,
    "badge_pages.issue": _LEADS_BACK,
    "delivery.claim": _WHOSE,
    "delivery.record": _WHOSE,
    "delivery.take_over": _WHOSE,
    "keeping.passed": _LEADS_BACK,
    "levels.change": _LEADS_BACK,
    "offers.end": _LEADS_BACK,
    "volunteer.claim": _WHOSE,
    "volunteer.take_over": _WHOSE,
    "wishes.claim": _LEADS_BACK,
}

# What is sent: `$name` is an id of the owner's.
BODIES: Final[dict[str, Any]] = {
    "asking.add_photo": {"photos": PHOTO},
    "asking.complain": {"key": _KEY, "text": "少了一份", "fact_trouble": "missing"},
    "asking.new": {"key": _KEY, "text": "买煤气", "fact_errand": "gas_card"},
    "badge_pages.issue": {"grid": "$grid"},
    "badge_pages.put_photo": {"photo": PHOTO},
    "badge_pages.train": {"topic": "上岗培训"},
    "badge_pages.transfer": {"grid": "$next_grid"},
    "calls.call": {"outcome": "no_answer"},
    "care.add": {"category": "hardship", "priority": "2"},
    "care_api.appoint": {"badge": "$mate"},
    "care_api.arrange": {"priority": 1},
    "care_api.finish": {"outcome": "fine"},
    "care_api.keeper": {"account": "$lead"},
    "care_api.plan": {"due_on": "$today"},
    "care_api.read": {"purpose": "review"},
    "care_api.write": {"categories": ["disabled"], "note": "轮椅"},
    "care_calls.ask": {"key": _KEY, "kind": "other", "text": "米没有了"},
    "care_calls.finish": {"outcome": "fine"},
    "care_case.agree": {"given_on": "$today"},
    "care_case.appoint": {"badge": "$mate"},
    "care_case.arrange": {"priority": "1"},
    "care_case.keeper": {"account": "$lead"},
    "care_case.plan": {"due_on": "$today"},
    "care_case.read": {"purpose": "review"},
    "care_case.write": {"category": "disabled", "note": "轮椅"},
    "care_packs.decline": {"household": "$household"},
    "cash.count": {"counted": "0", "expected": "0", "cash_note": "没有"},
    "channels.change": {"language": "zh", "matter": "menu_opened"},
    "collecting.door_money": {"number": _KEY, "none": "1"},
    "custody.pass_on": {"step": "left_depot", "counted": "1"},
    "custody.take_back": {"parcel": "$parcel", "unvisited": "1"},
    "cycle_money.agree": {},
    "cycle_money.cover": {"source": "hardship"},
    "cycle_money.credit": {"amount_fen": 10, "reason": "damaged"},
    "delivery.count_cash": {"counted_fen": 0, "expected_fen": 0},
    "delivery.crates_left": _CRATES,
    "delivery.crates_reached": _CRATES,
    "delivery.hand_back": {"parcels": "$parcels", "unvisited": True},
    "delivery.hand_over": {"badge": "$badge"},
    "delivery.record": {"entries": [_DOOR]},
    "desk_money.desk_money": {"amount": "9.60", "way": "cash", "number": _KEY},
    "duty.add": _DUTY,
    "duty.change": _DUTY,
    "following.clear": {"note": "问过了"},
    "help_api.credit": {"amount_fen": 10},
    "help_api.explain": {"note": "已经补了"},
    "help_api.give": {"account": "$lead"},
    "help_api.give_up": {"note": "没有"},
    "help_api.hand_on": {"grid": "$next_grid"},
    "help_api.merge": {"into": "$twin"},
    "help_api.name": {"account": "$mate_account"},
    "help_api.note": {"note": "打过电话"},
    "help_api.pass_on": {"key": _KEY, "said": "$medicine", "holder": "pharmacy", "place": "药房"},
    "help_api.post": {"public_text": "想要一本书"},
    "help_api.unname": {"account": "$mate_account"},
    "help_api.wait": {"note": "等药房"},
    "help_request.act": {"act": "note", "note": "打过电话"},
    "hours.change": {"opens_1": "08:00", "closes_1": "10:00"},
    "inbox.clear": {"note": "问过了"},
    "levels.change": {"level": "locked"},
    "levels.say": {"note": "明天核酸"},
    "lots.book": {"reasons": []},
    "lots.counts": {"counts": [{"lot": "$lot", "units": 1}]},
    "lots.deal": {"fate": "shelf"},
    "lots.put_back": _MOVE,
    "lots.release": _MOVE,
    "lots.set_aside": _MOVE,
    "lots.write_off": _WASTE,
    "menu_pages.edit": {"price": "5.00", "offered": "100", "cap": "5"},
    "menu_pages.late": {"until": "$late_here"},
    "menus.edit": {"cap": 5},
    "menus.order_later": {"until": "$late"},
    "menus.save_menu": {
        "opens_at": _SOON,
        "cutoff_at": _LATER,
        "items": [{"sku": "$sku", "price_fen": 480, "offered": 10, "cap": 2}],
    },
    "money.cover": {"source": "hardship"},
    "money.credit": {"amount": "0.10", "reason": "damaged"},
    "money.decide_credit": {"give": "1"},
    "need_pages.theirs": {"need": "call_first"},
    "offers.offer": {
        "name": "白菜",
        "unit": "份",
        "grams": "500",
        "days": "3",
        "platform": "甲",
        "cost": "3.00",
        "price": "5.00",
        "case": "10",
    },
    "orders.place_for": _BASKET,
    "orders.place_own": _BASKET,
    "packing.packed": {"parcel": "$parcel"},
    "packs.decline": {"household": "$household"},
    "parcels.pack": {"parcels": ["$parcel"]},
    "parcels.take_apart": {"reason": "mispacked"},
    "people.issue": {"grid": "$grid"},
    "people.train": {"topic": "上岗培训"},
    "people.transfer": {"grid": "$next_grid"},
    "privacy.erase": {"sure": "yes"},
    "purchase.confirm": {"quantity_$purchase_line": "1", "cost_$purchase_line": "3.00"},
    "purchasing.confirm": {},
    "purchasing.minimum_order": {"minimum_order_fen": 100},
    "reassign.reassign": {"to": "$mate"},
    "receipts.accept": {
        "kind": "unexpected",
        "delivery_note": "N-71",
        "goods": [{"product": "$sku", "quantity": 1}],
    },
    "receipts.delivery_note": {"note": PHOTO},
    "receipts.note_fault": {"fault": "refused", "quantity": 1, "note": "没收"},
    "receipts.receive": {"delivery_note": "N-72", "lines": [{"line": "$purchase_line", "quantity": 1}]},
    "receiving.note_fault": {"fault": "refused", "quantity": "1", "note": "没收", "noted_before": "1"},
    "receiving.receive": {"receive": "1", "note": "N-73"},
    "relay.apply": {"text": "71-1-101 接龙 1号 2份"},
    "relay.read": {"text": "71-1-101 接龙 1号 2份"},
    "returned.deal": {"fate": "shelf"},
    "routes.arrange": {"version": "$route_version"},
    "shortages.answer": {"answer": "less"},
    "shortages.choose": {"policy": "pro_rata"},
    "shortage.product": {"policy": "pro_rata"},
    "somebody.agree": {"how": "doorstep"},
    "stock.put_back": _MOVE,
    "stock.release": _MOVE,
    "stock.set_aside": _MOVE,
    "stock.write_off": _WASTE,
    "unpacking.do": {"reason": "mispacked"},
    "volunteer.door": {"stop": "$stop", "number": _KEY, "money": _KEY, "way": "cash", "fen": "960"},
    "wishes.credit": {"amount": "0.10"},
    "wishes.explain": {"explanation": "已经补了"},
    "wishes.post": {"public_text": "想要一本书"},
}

_FILE = "a file that fits its lines is made in the tests of its page"
_NO_CONFLICT = "no two entries contradict each other"
_NOTHING_BACK = "nothing came back"
_NOT_ONLINE = "its menu isn't paid online"

# Where whoever owns the things gets no further than the form or the state either: there the matrix says less.
NOT_REACHED: Final = {
    "draws.item": "nothing was drawn",
    "following.take": _NO_CONFLICT,
    "imports.undo": "an import that only says that it was has nothing to undo",
    "inbox.take": _NO_CONFLICT,
    "lots.deal": _NOTHING_BACK,
    "messages.another_code": "this channel is a robot",
    "messages.confirm": "this channel is a robot",
    "purchase.confirm_file": _FILE,
    "receipts.delivery_note": _FILE,
    "receiving.receive": "its form names lots by their lines",
    "receiving.sheet": _FILE,
    "returned.deal": _NOTHING_BACK,
    "returned.parcel": _NOTHING_BACK,
    "shortage.product": "nothing was short",
    "somebody.again": "nothing was ordered before by the web",
    "somebody.news": _NOT_ONLINE,
    "somebody.pay": _NOT_ONLINE,
    "somebody.paying": _NOT_ONLINE,
}
