"""Which fields of bodies and query strings name something of somebody's, and what is sent so that they do.

A field that a route reads is a plain value (`PLAIN`), or a body of the route holds an id in it (`$name`, as `ForeignWorld.ids`
has it; keys with a `?` belong to the query string), or `NOT_TRIED` says why none can. The bodies are those of `foreign_table`
and `ALSO`.
"""

from __future__ import annotations

from typing import Any, Final

from tests.factories_help import PHOTO


def words(text: str) -> frozenset[str]:
    """Return the words of a text."""
    return frozenset(text.split())


# Words, counts, moments, choices: the same for everybody.
PLAIN: Final = words(
    """
    *_* accept act address again agree alias all amount amount_fen another answer at back below_minimum by cadastre
    called came cap cap_* care care_percent case cash cash_note categories category change channel check_every_days
    consent consents copy cost cost_* cost_fen count_* counted counted_fen counts csrf_token cutoff cutoff_at day day*
    days delivery_note delivery_on door drop dry_run due_on end ends_on enter entries every expected expected_fen
    expires_* expires_on explanation fact_* fact_errand fact_trouble facts fate fault fen find finish first fixes
    from_at give given_on goods grams grams_* grids hand handovers happened_at holder hours households how items kept
    kept_back kilograms kind label lang language least_* less level lines login lot_* lot_number made_from matter mine
    minimum_order_fen missing missing_* missing_*_* mode most moves moves_* name name_en need new_product next no none
    note note_* noted_before offered offered_* offers only open opens opens_at outcome packs page page_size paper part
    password phone photos pin place place-* platform policy price price_* price_fen printed priority problem
    public_text purpose q quantity quantity_* quiet_from quiet_until reason reason_* reasons receive refusals remove
    role rows scan secret seen seen_* seen_quarantine seen_returned seen_shelf sent_at sheet show since skip slip
    source standing starts state stay stranger streets sure sure_* sync tag take takings text then title to_at topic
    total_fen trained_on training type unasked unit unit_* unit_weight_grams units unplaced until unvisited version
    view wall want_* way ways week weights what what_* which who with_free yes
    """
)
# What a route reads that can't name something of others.
_COUNT, _FILE, _WORD, _NOT_ONLINE = "a count", "a file", "a word", "its menu isn't paid online"
_ONE_ITEM = "the menu has one item; a substitute of another menu is tried in test_orders_api and test_put_baskets"
NOT_TRIED: Final[dict[tuple[str, str], str]] = {
    ("asking.new", "for"): "the owner is no anchor household; tried in test_asking_pages",
    ("badge_pages.put_photo", "photo"): _FILE,
    ("custody.handover", "crates"): _COUNT,
    ("custody.pass_on", "step"): _WORD,
    ("delivery.hand_over", "crates"): _COUNT,
    ("messages.confirm", "code"): "what was mailed there; another's is tried in the tests of confirming",
    ("orders.place_for", "substitute"): _ONE_ITEM,
    ("orders.place_own", "substitute"): _ONE_ITEM,
    ("parcels.pack", "substitute"): _WORD,
    ("phone.send", "device"): "the phone's own number of itself",
    ("phone.send", "substitute"): _WORD,
    ("phone_data.photo", "photo"): _FILE,
    ("receipts.add_photo", "photo"): _FILE,
    ("receiving.note_fault", "photo"): _FILE,
    ("relay.apply", "entry"): _COUNT,
    ("relay.read", "entry"): _COUNT,
    ("paper.paper", "correct"): "what is shown again of what was typed",
    ("people_pages.add_staff", "point"): "the name of a point: as people.open_account",
    **{
        (f"{room}.{page}", "menu_id"): _NOT_ONLINE
        for room in ("resident", "somebody")
        for page in ("again", "news", "pay", "paying")
    },
    ("reconcile.ask", "cycle"): "draws the page around the form",
    ("scanning.send", "crates"): _COUNT,
    ("scanning.send", "id"): "a handover's own number, known by its ticket",
    ("shortage.product", "cycle"): "nothing was short",
}

# Pages of a cycle: `?cycle=` names another than the newest.
OF_A_CYCLE: Final = words(
    """
    coordinator.home map_pages.building map_pages.grid map_pages.live map_pages.sheet
    point.close custody.handover custody.loads custody.returns desk_money.desk_money levels.levels
    map_pages.everything money.credits_to_decide money.home money.orders packing.find packing.pack_grids packs.home
    point.desk point.hand_out point.pick_list printing.start prints.choose prints.labels prints.pick_list
    purchase.orders receiving.finish receiving.home reconcile.comparisons refund.refunds settlement.own
    short_calls.answer short_calls.calls shortage.decide shortage.shortages staging.board
    """
)

_KEY = "0b5bd1f4-7a1c-4b5e-9c1e-6a0d4f8c7172"
_OTHER_KEY = "0b5bd1f4-7a1c-4b5e-9c1e-6a0d4f8c7173"
_THEN = "2026-01-01T08:00:00+08:00"
_SYNCED = {"id": "$entry_key", "ticket": "$ticket", "stop": "$stop", "outcome": "delivered", "happened_at": "$now"}
_FIX = {"entry": 1, "household": "$household", "lines": [{"item": "$item", "quantity": 1}]}
_RELAYS = [{"text": "71-1-101 接龙 1号 2份", "fixes": [_FIX], "taken": ["$household"]}]
_TAKEN = {
    "id": "$taking_key",
    "ticket": "$ticket",
    "stop": "$stop",
    "way": "cash",
    "amount_fen": 100,
    "happened_at": "$now",
}


def _sent(**what: Any) -> dict[str, Any]:
    """Return what a phone sends."""
    return {"sent_at": "$now", "device": _OTHER_KEY, **what}


ALSO: Final[dict[str, list[dict[str, Any]]]] = {
    "anchors.appoint": [{"household": "$pack_home"}],
    "applications.write_down": [{"grid": "$grid", "name": "赵六", "phone": "13900000075"}],
    "apply_pages.waiting": [{"grid": "$grid", "name": "赵六", "phone": "13900000075"}],
    "asking.complain": [{"key": _KEY, "text": "少了", "fact_trouble": "missing", "fact_items": "$delivered_item"}],
    "asking.new": [{"key": "$help_key", "text": "买煤气", "fact_errand": "gas_card"}],
    "badge_pages.sheet": [{"code": "$badge"}, {"?code": "$badge"}],
    "card_pages.end": [{"device": "$device"}],
    "care.keepers": [{"grid": "$grid", "account": "$lead"}],
    "care.register": [{"?grid": "$grid"}],
    "care_api.cases": [{"?grid": "$grid"}],
    "care_api.enter": [{"household": "$other_home", "categories": ["disabled"], "note": "轮椅"}],
    "care_calls.ask": [{"key": "$help_key", "kind": "other", "text": "米没有了"}],
    "care_packs.give": [
        {
            "cycle": "$open_cycle",
            "goods": [{"product": "$product", "units": 1}],
            "key": "$pack_key",
            "name": "爱心包",
        }
    ],
    "delivery.crates_left": [{"crates": ["$crate"]}],
    "delivery.crates_reached": [{"crates": ["$crate"]}],
    "care_packs.goods": [{"?cycle": "$open_cycle"}],
    "care_packs.packs": [{"?cycle": "$open_cycle"}],
    "care_packs.preview": [{"cycle": "$open_cycle", "goods": [{"product": "$product", "units": 1}]}],
    "channels.add": [
        {
            "grid": "$grid",
            "label": "群",
            "address": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=00000000-0000-0000-0000-000000000072",
        }
    ],
    "collecting.door_money": [{"number": "$taking_key", "none": "1"}],
    "custody.handover": [{"ticket": "$ticket", "badge": "$badge", "crates": "1"}],
    "custody.pass_on": [{"step": "left_depot", "codes": "$crate"}],
    "delivery.hand_over": [{"badge": "$badge"}],
    "delivery.record": [
        {"entries": [{"id": "$entry_key", "stop": "$stop", "outcome": "delivered", "happened_at": "$now"}]},
        {"takings": [{name: value for name, value in _TAKEN.items() if name != "ticket"}]},
        {"takings": [{"id": "$taking_key", "stop": "$stop", "corrects": "$taking", "happened_at": "$now"}]},
    ],
    "delivery.reassign": [{"badge": "$mate"}],
    "delivery.tickets": [{"?cycle": "$cycle"}],
    "exports.ask": [{"what": "order_lines", "cycle": "$cycle"}],
    "grid.call": [{"household": "$other_home", "outcome": "no_answer"}],
    "grid.undecline": [{"household": "$other_home"}],
    "help_api.give": [{"account": "$lead", "instead_of": "$lead"}],
    "help_api.list_all": [{"?grid": "$grid"}],
    "help_api.open_one": [
        {"key": "$help_key", "kind": "other", "text": "米", "channel": "phone", "household": "$household"},
        {"key": _KEY, "kind": "other", "text": "米", "channel": "phone", "grid": "$grid"},
        {
            "key": _KEY,
            "kind": "complaint",
            "text": "少了",
            "facts": {"trouble": "missing"},
            "channel": "phone",
            "household": "$household",
            "order": "$order",
        },
    ],
    "help_api.pass_on": [
        {"key": "$help_key", "said": "$medicine", "holder": "volunteer", "place": "楼下", "account": "$lead"}
    ],
    "help_board.board": [{"?grid": "$grid"}],
    "help_board.new": [{"?home": "$household", "?kind": "other"}],
    "help_board.write_down": [
        {"kind": "other", "act": "open", "channel": "phone", "text": "米", "key": "$help_key", "home": "$household"},
        {
            "kind": "other",
            "act": "open",
            "channel": "phone",
            "text": "米",
            "key": _KEY,
            "stranger": "1",
            "grid": "$grid",
        },
    ],
    "help_request.act": [
        {"act": "give", "account": "$lead", "instead_of": "$lead"},
        {"act": "hand_on", "grid": "$next_grid", "note": "那边近"},
        {"act": "merge", "into": "$twin"},
        {"act": "name", "account": "$mate_account"},
        {"act": "unname", "account": "$mate_account"},
        {"act": "pass", "key": "$help_key", "said": "$medicine", "hand": "account:$lead", "place": "楼下"},
    ],
    "home_pages.end": [{"device": "$device"}],
    "lots.book": [{"reasons": [{"lot": "$lot", "reason": "spoiled", "note": "坏了"}]}],
    "menus.menus": [{"?cycle": "$cycle"}],
    "money.decide_credit": [{"give": "1", "cycle": "$cycle"}],
    "orders.in_cycle": [{"?grid": "$grid"}],
    "packs.give": [{"cycle": "$open_cycle", "key": "$pack_key", "name": "爱心包", "u$product": "1", "packs": "1"}],
    "packs.preview": [{"?cycle": "$open_cycle", "?u$product": "1"}],
    "packing.find": [{"code": "$parcel"}],
    "packing.pack": [{"?parcel": "$parcel", "?crate": "$crate"}],
    "packing.packed": [{"code": "$parcel"}, {"parcel": "$parcel", "crate": "$crate"}],
    "packing.crate": [{"crate": "$crate", "parcel": "$parcel"}],
    "paper.enter": [{"ticket": "$ticket", "lines": "$parcel", "enter": "1", "correct": "$parcel"}],
    "paper.paper": [{"?ticket": "$ticket"}],
    "parcels.pack": [
        {
            "parcels": ["$parcel"],
            "missing": [{"parcel": "$parcel", "item": "$delivered_item", "units": 1, "reason": "lost"}],
        },
        {"parcels": ["$parcel"], "weights": [{"parcel": "$parcel", "item": "$delivered_item", "grams": 1}]},
    ],
    "people.badges": [{"?grid": "$grid"}],
    "people.open_account": [
        {"role": "grid_lead", "login": "lead-71b", "name": "钱七", "grid": "$grid"},
        {"role": "depot", "login": "depot-71b", "name": "钱八", "delivery_point": "$point_name"},
    ],
    "volunteer.door": [
        {"stop": "$stop", "number": "$entry_key", "money": "$taking_key", "way": "cash", "fen": "960"},
    ],
    "desk_money.desk_money": [{"amount": "9.60", "way": "cash", "number": "$taking_key"}],
    "people.take_on": [
        {"login": "vol-71b", "name": "孙九", "grid": "$grid", "training": {"topic": "上岗培训", "trained_on": "$today"}}
    ],
    "people_pages.add_staff": [{"role": "grid_lead", "login": "lead-71c", "name": "钱七", "grid": "$grid"}],
    "people_pages.add_volunteer": [
        {"login": "vol-71c", "name": "孙九", "grid": "$grid", "topic": "上岗", "day": "$today"}
    ],
    "phone.send": [
        _sent(entries=[_SYNCED]),
        _sent(entries=[_SYNCED | {"left_with": "$anchor"}]),
        _sent(entries=[_SYNCED | {"kept_back": [{"item": "$delivered_item", "units": 1, "problem": "damaged"}]}]),
        _sent(entries=[_SYNCED | {"stop": "$second_stop", "outcome": "undone", "undoes": "$entry"}]),
        _sent(takings=[_TAKEN]),
        _sent(
            takings=[{name: _TAKEN[name] for name in ("id", "ticket", "stop", "happened_at")} | {"corrects": "$taking"}]
        ),
    ],
    "phone_data.photo": [{"entry": "$entry", "photo": PHOTO}],
    "phone_data.sync": [_sent(entries=[_SYNCED])],
    "levels.drop": [{"step": "$step"}],
    "point.close": [{"parcel": "$point_parcel"}],
    "point.hand_out": [{"code": "$point_parcel", "way": "later"}],
    "printing.start": [{"?batch": "$batch", "printed": "parcels"}],
    "prints.choose": [{"?batch": "$batch"}],
    "prints.labels": [{"?batch": "$batch"}, {"?codes": "$parcel"}],
    "prints.pick_list": [{"?batch": "$batch"}],
    "purchasing.confirm": [{"lines": [{"line": "$purchase_line", "quantity": 1, "cost_fen": 300}]}],
    "reassign.ticket": [{"?to": "$mate"}],
    "receipts.note_fault": [
        {"fault": "damaged", "quantity": 1, "lot": "$lot", "photo": "$goods_photo", "note": "破了"},
        {"fault": "refused", "quantity": 1, "product": "$product", "note": "没收"},
    ],
    "receiving.note_fault": [{"fault": "damaged", "quantity": "1", "lot": "$lot", "noted_before": "1"}],
    "refund.hand_out": [{"cycle": "$cycle"}],
    "register.households": [{"?grid": "$grid"}],
    "relay_pages.aliases": [{"?sku": "$sku"}],
    "relay_pages.change_alias": [{"sku": "$sku", "alias": "番茄王"}],
    "relay_pages.review": [{"menu": "$menu", "text": "71-1-101 接龙 1号 2份", "taken": "$household"}],
    "relay.apply": _RELAYS,
    "relay.read": _RELAYS,
    "report.day": [{"?grid": "$grid"}],
    "report.file": [{"?grid": "$grid", "?day": "$today"}],
    "resident.cancel": [{"menu": "$menu", "version": "1"}],
    "resident.menu": [{"q$item": "3"}, {"more": "$item"}],
    "resident.order": [{"?menu_id": "$menu"}, {"q$item": "2", "total_fen": "960", "made_from": "1"}],
    "roster.copy": [{"place": "$grid_place", "week": "$today"}],
    "roster.plan": [
        {
            "place": "$grid_place",
            "week": "$today",
            "who": "$volunteer",
            "day": "$tomorrow",
            "starts": "08:00",
            "hours": "12",
        }
    ],
    "roster.week": [{"?place": "$grid_place"}],
    "routes.route": [{"?version": "$route_version"}],
    "scanning.send": [
        {
            "sent_at": "$now",
            "handovers": [{"id": _KEY, "ticket": "$ticket", "badge": "$badge", "happened_at": "$now"}],
        }
    ],
    "scan.send": [
        {
            "sent_at": "$now",
            "handovers": [{"id": _KEY, "ticket": "$ticket", "badge": "$badge", "happened_at": "$now"}],
        }
    ],
    "settlement.sheet": [{"?cycle": "$cycle"}],
    "short_calls.answer": [{"order": "$order", "item": "$delivered_item", "answer": "less"}],
    "somebody.menu": [{"q$item": "3"}, {"more": "$item"}],
    "somebody.order": [{"?menu_id": "$menu"}],
    "stocktake.count": [{"count_$lot": "1"}],
}

_ALL_GRIDS = "medicine goes over the borders of grids: who carries it may be of any, and all are offered"
# (route, field, whose) that may be named all the same, and why.
MAY: Final[dict[tuple[str, str, str], str]] = {
    ("help_api.name", "account", "next"): _ALL_GRIDS,
    ("help_request.act", "account", "next"): _ALL_GRIDS,
}
# (route, whose) of whom the page tells whatever is named, and why.
SHOWN: Final[dict[tuple[str, str], str]] = {("help_request.act", "next"): _ALL_GRIDS}

_BACK = "names only where to lead back to"
_OWN_GRID = "who belongs to a grid does it for that, whatever is named"
_OWN_HOME = "a resident declines its own, whatever is named"
_NOBODY = "who isn't in the chain is passed over"
_BY_STOP = "a stop knows its ticket"
_CONFLICT = "a number of something else is a conflict, that the lead of the own grid hears of"
_WITHIN = "a number counts only within what it is about; a later one of its own is written"
# (route, field) that is passed over or turned into a conflict, so that the rest is done all the same, and why.
DONE_ALL_THE_SAME: Final[dict[tuple[str, str], str]] = {
    ("channels.add", "grid"): _OWN_GRID,
    ("collecting.door_money", "number"): _WITHIN,
    ("delivery.record", "id"): _CONFLICT,
    ("desk_money.desk_money", "number"): _WITHIN,
    ("help_api.open_one", "grid"): _OWN_GRID,
    ("help_api.pass_on", "key"): _WITHIN,
    ("help_board.write_down", "grid"): _OWN_GRID,
    ("help_request.act", "key"): _WITHIN,
    ("packs.decline", "household"): _OWN_HOME,
    ("care_packs.decline", "household"): _OWN_HOME,
    ("phone.send", "id"): _CONFLICT,
    ("phone.send", "ticket"): _BY_STOP,
    ("phone_data.sync", "id"): _CONFLICT,
    ("phone_data.sync", "ticket"): _BY_STOP,
    ("printing.start", "cycle"): "a batch knows its cycle",
    ("refund.hand_out", "cycle"): _BACK,
    ("relay.apply", "taken"): _NOBODY,
    ("relay_pages.review", "taken"): _NOBODY,
}
