"""What the page to pay on says, in its two languages."""

from __future__ import annotations

ZH = {
    "lang": "zh-CN",
    "title": "付款",
    "no_money": "这是模拟的收款台，不收真钱",
    "why": "它代替真正的支付平台，只供试用。点什么都不会扣您的钱。",
    "to_pay": "应付",
    "how": "怎么付",
    "alipay": "支付宝",
    "wechat_pay": "微信支付",
    "card": "银行卡",
    "pay": "付款",
    "decline": "试试付款失败",
    "back": "先不付，返回",
    "declined": "付款没有成功，钱没有动。可以再试一次，或者换一种方式。",
    "paid": "已经付过了",
    "paid_more": "这一笔已经收到，不用再付。",
    "ended": "这个付款页面已经失效",
    "ended_more": "没有收钱。请回到订单页面，需要的话重新去付。",
    "return": "回到订单",
}
EN = {
    "lang": "en",
    "title": "Pay",
    "no_money": "A stand-in: it takes no real money",
    "why": "It plays the payment gateway, for trying things out. Nothing you press here is taken from any account.",
    "to_pay": "To pay",
    "how": "How",
    "alipay": "Alipay",
    "wechat_pay": "WeChat Pay",
    "card": "Card",
    "pay": "Pay",
    "decline": "Try a payment that fails",
    "back": "Don't pay now, go back",
    "declined": "The payment did not go through; no money moved. Try again, or choose another way.",
    "paid": "This has been paid",
    "paid_more": "The payment has arrived. There is nothing left to pay here.",
    "ended": "This payment page has ended",
    "ended_more": "Nothing was taken. Go back to your order, and start again from there if need be.",
    "return": "Back to the order",
}


def words(locale: str | None, accepted: str | None) -> dict[str, str]:
    """Return the words for a page's locale (`auto` or none: what the browser prefers)."""
    wanted = locale if locale and locale != "auto" else accepted or "zh"
    return EN if wanted.startswith("en") else ZH
