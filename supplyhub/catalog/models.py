"""What can be bought: platforms, products, offers; cycles and the grid menus of a cycle."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from supplyhub.catalog.states import CycleState, Edit, MenuMode, MenuState
from supplyhub.db import APPEND_ONLY, Base, CreatedAt, Id, one_of


class Platform(Base):
    """A procurement platform (网购平台): where goods are bought."""

    __tablename__ = "platform"
    __table_args__ = (
        UniqueConstraint("community_id", "name"),
        CheckConstraint("minimum_order_fen >= 0", name="minimum_not_negative"),
        Index("uq_platform_for_care", "community_id", unique=True, postgresql_where=text("for_care")),
    )
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    name: Mapped[str]
    # What a purchase order must come to; 0 for none.
    minimum_order_fen: Mapped[int] = mapped_column(server_default="0")
    # Where what is in care packs comes from: nobody buys there, and nobody is shown it.
    for_care: Mapped[bool] = mapped_column(server_default=text("false"))


class Product(Base):
    """A variety (品种). `unit` is what people order by (份, 板, 袋); `picture` an emoji of produce."""

    __tablename__ = "product"
    __table_args__ = (
        UniqueConstraint("community_id", "sku"),
        UniqueConstraint("community_id", "barcode"),
        CheckConstraint("unit_weight_grams > 0", name="weight_positive"),
        CheckConstraint("shelf_life_days > 0", name="shelf_life_positive"),
    )
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    sku: Mapped[str]
    name_zh: Mapped[str]
    name_en: Mapped[str]
    category: Mapped[str]
    unit: Mapped[str]
    unit_weight_grams: Mapped[int]
    shelf_life_days: Mapped[int]
    picture: Mapped[str] = mapped_column(server_default="")
    # What a scanner reads on its case or bag.
    barcode: Mapped[str | None]
    # Weighed when it is packed and charged by that weight; `unit_weight_grams` is what a unit should weigh.
    by_weight: Mapped[bool] = mapped_column(server_default=text("false"))
    # Syllables without tones, "da bai cai": what a phone's keyboard gives before the characters. Empty until imported.
    pinyin: Mapped[str] = mapped_column(server_default="")


class ProductAlias(Base):
    """Another name (别名) by which people ask for a product: 西红柿 for 番茄. One name may mean several products."""

    __tablename__ = "product_alias"
    __table_args__ = (UniqueConstraint("product_id", "alias"),)
    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    alias: Mapped[str]
    # As a product's; empty until offers are imported again.
    pinyin: Mapped[str] = mapped_column(server_default="")


class Offer(Base):
    """A platform's product with its cost, suggested price and case size; one platform supplies a product at a time."""

    __tablename__ = "offer"
    __table_args__ = (
        UniqueConstraint("platform_id", "product_id"),
        CheckConstraint("cost_fen >= 0 AND price_fen >= 0", name="money_not_negative"),
        CheckConstraint("case_size > 0", name="case_size_positive"),
        CheckConstraint("minimum_cases > 0", name="minimum_cases_positive"),
        Index("uq_offer_one_active_a_product", "product_id", unique=True, postgresql_where=text("active")),
    )
    id: Mapped[Id]
    platform_id: Mapped[int] = mapped_column(ForeignKey("platform.id"))
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    cost_fen: Mapped[int]
    price_fen: Mapped[int]
    case_size: Mapped[int]
    # The fewest cases the platform sells at once.
    minimum_cases: Mapped[int] = mapped_column(server_default="1")
    active: Mapped[bool] = mapped_column(server_default=text("true"))


class Cycle(Base):
    """One round of ordering and delivery (期) of a community."""

    __tablename__ = "cycle"
    __table_args__ = (
        one_of("state", CycleState),
        UniqueConstraint("community_id", "number"),
        CheckConstraint("care_forgotten_at IS NULL OR state = 'closed'", name="forgotten_after_its_close"),
    )
    id: Mapped[Id]
    community_id: Mapped[int] = mapped_column(ForeignKey("community.id"))
    number: Mapped[int]
    delivery_on: Mapped[date]
    state: Mapped[str] = mapped_column(server_default=CycleState.ORDERING)
    created_at: Mapped[CreatedAt]
    closed_at: Mapped[datetime | None]
    # Since when nothing tells any more which of its households were cared for.
    care_forgotten_at: Mapped[datetime | None]


class CycleBuilding(Base):
    """Which grid a building belongs to in a cycle, fixed when the cycle opens.

    A building that the register moves changes grid from the next cycle on; this row is what orders are bound to.
    """

    __tablename__ = "cycle_building"
    __table_args__ = (
        UniqueConstraint("cycle_id", "building_id", "grid_id"),
        Index("ix_cycle_building_grid", "cycle_id", "grid_id"),
    )
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"), primary_key=True)
    building_id: Mapped[int] = mapped_column(ForeignKey("building.id"), primary_key=True)
    grid_id: Mapped[int] = mapped_column(ForeignKey("grid.id"))


class Menu(Base):
    """A cycle's menu (爱心菜吧菜单) in one grid. Orders are taken from `opens_at` until before `cutoff_at`.

    In a draw `care_percent` of each item is set aside for the households of the care register. Some items may be ordered
    longer, to fill their case: the latest of them ends at `late_until`, and the menu closes then. Where `pays_online` is the
    only way to pay, orders are paid before they come, and hold their goods for 15 minutes.
    """

    __tablename__ = "menu"
    __table_args__ = (
        one_of("state", MenuState),
        UniqueConstraint("cycle_id", "grid_id"),
        UniqueConstraint("id", "cycle_id", "grid_id"),
        one_of("mode", MenuMode),
        CheckConstraint("cutoff_at > opens_at", name="cutoff_after_opening"),
        CheckConstraint("care_percent BETWEEN 0 AND 100", name="care_percent_is_a_share"),
        CheckConstraint("late_until > cutoff_at", name="late_is_after_the_cutoff"),
        CheckConstraint("pays_online OR pays_on_delivery", name="can_be_paid"),
        Index("ix_menu_due", "cutoff_at", postgresql_where=text("state = 'published'")),
    )
    id: Mapped[Id]
    cycle_id: Mapped[int] = mapped_column(ForeignKey("cycle.id"))
    grid_id: Mapped[int] = mapped_column(ForeignKey("grid.id"))
    state: Mapped[str] = mapped_column(server_default=MenuState.DRAFT)
    opens_at: Mapped[datetime]
    cutoff_at: Mapped[datetime]
    late_until: Mapped[datetime | None]
    # It may be later than `opens_at`: nobody knew of the menu before.
    published_at: Mapped[datetime | None]
    mode: Mapped[str] = mapped_column(server_default=MenuMode.FIRST_COME)
    care_percent: Mapped[int] = mapped_column(server_default="0")
    pays_online: Mapped[bool] = mapped_column(server_default=text("false"))
    pays_on_delivery: Mapped[bool] = mapped_column(server_default=text("true"))


class MenuItem(Base):
    """An item of a menu (菜品): what it costs, how many are on offer, the cap per household, how many are reserved.

    `position` is the short number under which it stands in the chat relay. The price is what it was bought for
    (`cost_fen`) and the fee. A withdrawn item has no lines any more and takes none. One that is `for_care` carries the lines
    of care packs: it costs nothing, is written at the cut-off, and is on no shelf.
    """

    __tablename__ = "menu_item"
    __table_args__ = (
        UniqueConstraint("menu_id", "offer_id"),
        UniqueConstraint("id", "menu_id"),
        CheckConstraint("reserved >= 0 AND reserved <= offered", name="never_oversold"),
        CheckConstraint("cap > 0", name="cap_positive"),
        CheckConstraint("price_fen >= 0", name="price_not_negative"),
        CheckConstraint("cost_fen >= 0", name="cost_not_negative"),
        CheckConstraint("withdrawn_at IS NULL OR reserved = 0", name="withdrawn_reserves_nothing"),
        CheckConstraint("NOT for_care OR price_fen = 0", name="care_packs_cost_nothing"),
        Index("ix_menu_item_for_care", "menu_id", postgresql_where=text("for_care")),
    )
    id: Mapped[Id]
    menu_id: Mapped[int] = mapped_column(ForeignKey("menu.id"))
    offer_id: Mapped[int] = mapped_column(ForeignKey("offer.id"))
    position: Mapped[int]
    price_fen: Mapped[int]
    offered: Mapped[int]
    cap: Mapped[int]
    reserved: Mapped[int] = mapped_column(server_default="0")
    # Unknown for the menus of before this was kept.
    cost_fen: Mapped[int | None]
    withdrawn_at: Mapped[datetime | None]
    # A later cut-off of this item alone.
    late_until: Mapped[datetime | None]
    for_care: Mapped[bool] = mapped_column(server_default=text("false"))


class MenuEdit(Base):
    """A change to an item of a published menu, for everybody to read: price changed 10:20, from 480 to 450."""

    __tablename__ = "menu_edit"
    __table_args__ = (
        one_of("kind", Edit),
        ForeignKeyConstraint(["item_id", "menu_id"], ["menu_item.id", "menu_item.menu_id"]),
        Index("ix_menu_edit_menu", "menu_id"),
        {"info": APPEND_ONLY},
    )
    id: Mapped[Id]
    menu_id: Mapped[int]
    item_id: Mapped[int]
    kind: Mapped[str]
    # Fen for a price, seconds of the epoch for a cut-off, units for the others; a withdrawal goes to none.
    before: Mapped[int]
    after: Mapped[int]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    edited_at: Mapped[CreatedAt]
