"""What somebody does who names things of grids, on each way: API, pages, a device's sync, plain SQL."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

from tests.web.grid_world import a_scan, an_entry, now, owed

if TYPE_CHECKING:
    from tests.web.grid_world import Grid, World


def entries(w: World, by: Grid, ticket: str, stop: int) -> object:
    return w.api(by.volunteer.asker.account_id, f"/tickets/{ticket}/entries", entries=[an_entry(stop)])


def door(w: World, by: Grid, ticket: str, stop: int) -> object:
    return w.page(
        by.volunteer.asker.account_id,
        f"/tickets/{ticket}/doors",
        stop=stop,
        number=uuid4(),
        money=uuid4(),
        way="cash",
        fen=owed(stop),
    )


def door_money(w: World, by: Grid, ticket: str, stop: int) -> object:
    return w.page(
        by.volunteer.asker.account_id,
        f"/tickets/{ticket}/money/{stop}",
        number=uuid4(),
        amount=f"{owed(stop) / 100:.2f}",
        way="cash",
        outcome="delivered",
    )


def synced(w: World, by: Grid, ticket: str, stop: int) -> object:
    sent = {"sent_at": now(), "device": str(uuid4()), "entries": [an_entry(stop, ticket=ticket)]}
    return w.api(by.volunteer.asker.account_id, "/sync", **sent)


def synced_page(w: World, by: Grid, ticket: str, stop: int) -> object:
    return w.send(
        by.volunteer.asker.account_id, "/tickets/sync", device=str(uuid4()), entries=[an_entry(stop, ticket=ticket)]
    )


def synced_money(w: World, by: Grid, ticket: str, stop: int) -> object:
    taking = {
        "id": str(uuid4()),
        "ticket": ticket,
        "stop": stop,
        "way": "cash",
        "amount_fen": owed(stop),
        "happened_at": now(),
    }
    return w.api(by.volunteer.asker.account_id, "/sync", sent_at=now(), device=str(uuid4()), takings=[taking])


def handed(w: World, account: int, ticket: str, badge: str) -> object:
    return w.api(account, f"/tickets/{ticket}/hand-over", badge=badge, crates=1)


def handed_page(w: World, account: int, ticket: str, badge: str) -> object:
    return w.page(account, "/depot/handover", ticket=ticket, badge=badge, crates="1")


def scanned(w: World, account: int, ticket: str, badge: str) -> object:
    return w.api(account, "/scans", sent_at=now(), handovers=[a_scan(ticket, badge)])


def scanned_page(w: World, account: int, ticket: str, badge: str) -> object:
    return w.send(account, "/depot/scan/sync", handovers=[a_scan(ticket, badge)])


def handed_back(w: World, account: int, ticket: str, parcel: str) -> object:
    return w.api(account, f"/tickets/{ticket}/hand-back", parcels=[parcel], unvisited=True)


def taken_back(w: World, account: int, ticket: str, parcel: str) -> object:
    return w.page(account, f"/depot/returns/{ticket}", parcel=parcel, unvisited="1")


def passed(w: World, account: int, batch: int, crate: str, step: str) -> object:
    return w.api(account, f"/batches/{batch}/crates/{step}", crates=[crate])


def passed_page(w: World, account: int, batch: int, crate: str, step: str) -> object:
    return w.page(account, f"/depot/crates/{batch}", step=step, codes=crate)


def new_ticket(w: World, of: Grid, **named: int) -> object:
    """Write a ticket of a grid past every command, with something else named."""
    values = {**of.ids, **named}
    return w.sql(
        "INSERT INTO ticket (cycle_id, grid_id, batch_id, route_id, badge_id, sequence, state, claimed_at)"
        " VALUES (:cycle, :grid, :batch, :route, :badge, 99, 'claimed', now())",
        **values,
    )


def change(w: World, what: str, row_id: int, value: int) -> object:
    """Let a row name something else, past every command; and change it besides, so that it shows when that is done."""
    return w.sql(f"UPDATE {what} WHERE id = :id", id=row_id, value=value)


def move_stop(w: World, stop: Grid, *, to: Grid) -> object:
    return w.sql(
        "UPDATE stop SET ticket_id = :ticket, grid_id = :grid, position = 99 WHERE id = :stop",
        ticket=to.ids["ticket"],
        grid=to.ids["grid"],
        stop=stop.stop,
    )


def new_handover(w: World, ticket: Grid, badge: Grid, *, of: Grid) -> object:
    return w.sql(
        "INSERT INTO handover (ticket_id, badge_id, grid_id, handed_by) VALUES (:ticket, :badge, :grid, :by)",
        ticket=ticket.ids["ticket"],
        badge=badge.ids["badge"],
        grid=of.ids["grid"],
        by=w.depot,
    )


def new_entry(w: World, stop: Grid, badge: Grid, *, of: Grid) -> object:
    return w.sql(
        "INSERT INTO delivery_entry (id, stop_id, badge_id, grid_id, outcome, happened_at)"
        " VALUES (:id, :stop, :badge, :grid, 'delivered', now())",
        id=uuid4(),
        stop=stop.stop,
        badge=badge.ids["badge"],
        grid=of.ids["grid"],
    )


def new_passage(w: World, crate: Grid, point: Grid, step: str) -> object:
    return w.sql(
        "INSERT INTO crate_passage (crate_id, step, delivery_point_id, counted_by) VALUES (:crate, :step, :point, :by)",
        crate=crate.ids["crate"],
        step=step,
        point=point.ids["point"],
        by=w.depot,
    )


def account(grid: Grid) -> int:
    return grid.volunteer.asker.account_id
