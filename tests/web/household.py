"""A household at its pages, without script, and what they show."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any

from supplyhub.catalog.models import MenuItem, Offer, Product, ProductAlias
from supplyhub.db import db, rows
from tests.factories import Shop, saved
from tests.web.test_pages import sign_in, token_of

if TYPE_CHECKING:
    from flask.testing import FlaskClient

ROW = re.compile(r'<li class="row[^"]*" id="i(\d+)"([^>]*)>(.*?)</li>', re.DOTALL)


class Household:
    """A household's browser at a shop with named goods, without script."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.shop = Shop()
        self.cabbage = self.put("大白菜", "da bai cai", "Napa cabbage")
        self.tomato = self.put("番茄", "fan qie", "Tomatoes", "西红柿")
        self.beans = self.put("豆角", "dou jiao", "Green beans")
        sign_in(client, self.shop.home.account_id)
        self.token = token_of(client.get("/menu").text)

    def put(self, name: str, pinyin: str, english: str, *aliases: str, **values: Any) -> MenuItem:
        """Put a product on the menu."""
        item = self.shop.item(**values)
        offer = db.session.get_one(Offer, item.offer_id)
        product = db.session.get_one(Product, offer.product_id)
        product.name_zh, product.pinyin, product.name_en = name, pinyin, english
        for alias in aliases:
            saved(ProductAlias(product_id=product.id, alias=alias))
        db.session.commit()
        return item

    def get(self, path: str) -> str:
        """Open a page."""
        return self.client.get(path, follow_redirects=True).text

    def post(self, path: str, **form: Any) -> Any:
        """Send a form of the page that is open, and go where it leads."""
        return self.client.post(path, data={"csrf_token": self.token, **form}, follow_redirects=True)

    def choose(self, **units: int) -> None:
        """Put units in the basket, `choose(cabbage=2)`, and look at the review."""
        self.post("/menu", go="1", **{f"q{getattr(self, name).id}": count for name, count in units.items()})

    def order(self, total_fen: int, **form: Any) -> Any:
        """Press the button of the review."""
        return self.post("/order", total_fen=total_fen, **form)

    def lines(self) -> dict[int, int]:
        """Return the units of the household's live orders by item."""
        found = rows(
            "SELECT l.item_id, l.quantity FROM order_line AS l JOIN orders AS o ON o.id = l.order_id"
            " WHERE o.household_id = :home AND o.menu_id = :menu",
            home=self.shop.home.id,
            menu=self.shop.menu.id,
        )
        return {line.item_id: line.quantity for line in found}


def shown(page: str) -> set[int]:
    """Return the items that a menu page shows."""
    return {int(item) for item, attributes, _ in ROW.findall(page) if " hidden" not in attributes}


def row_of(page: str, item: MenuItem) -> str:
    """Return the words in an item's row."""
    body = next(body for number, _, body in ROW.findall(page) if int(number) == item.id)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())
