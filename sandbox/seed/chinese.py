"""Customers in China."""

from __future__ import annotations

from typing import Any

from sandbox.database import Database
from sandbox.seed.story import Shop, Story

SHOPS = (
    Shop("美团外卖", "food", 18, 90),
    Shop("瑞幸咖啡", "food", 12, 36),
    Shop("全家便利店", "groceries", 8, 60),
    Shop("盒马鲜生", "groceries", 45, 260),
    Shop("京东商城", "shopping", 39, 900),
    Shop("淘宝网", "shopping", 20, 480),
    Shop("滴滴出行", "transport", 11, 75),
    Shop("上海地铁", "transport", 3, 9),
    Shop("中国移动", "utilities", 50, 120),
    Shop("国家电网", "utilities", 80, 320),
    Shop("腾讯视频会员", "digital", 15, 30),
    Shop("大参林药房", "health", 20, 160),
)


def _customer(db: Database, now: float, **customer: Any) -> Story:
    return Story(db, now, language="zh", currency="CNY", **customer)


def li_na(db: Database, now: float) -> None:
    story = _customer(
        db,
        now,
        id="C1001",
        name="李娜",
        phone="+8613800015678",
        email="lina@mail.example",
        address="上海市浦东新区****路18号",
        balance_minor=862_540,
        story="A refund is on its way to her card; a recent order she could return.",
    )
    story.card("6621", network="UnionPay")
    story.salary("上海云帆科技有限公司", "****3309", 1_250_000)
    story.shopping(SHOPS, 14, card="6621")
    coat = story.payment("优衣库旗舰店", "shopping", 59_900, story.ago(6, 20, 14), card="6621")
    story.refund(coat, 3, status="sent_to_bank", reason="尺码不合适")
    story.payment("京东商城", "shopping", 19_990, story.ago(2, 21, 5), card="6621")
    story.payment("瑞幸咖啡", "food", 1_680, story.ago(1, 9, 12))


def wang_jianguo(db: Database, now: float) -> None:
    story = _customer(
        db,
        now,
        id="C1003",
        name="王建国",
        phone="+8613900021234",
        email="wangjg@mail.example",
        address="北京市海淀区****街7号",
        balance_minor=231_075,
        story="A meal charged twice within two minutes.",
    )
    story.card("8830", network="UnionPay")
    story.salary("北京长城机械厂", "****7781", 820_000)
    story.shopping(SHOPS, 12, card="8830")
    dinner = story.ago(1, 18, 42)
    story.payment("老北京涮肉馆", "food", 26_800, dinner, card="8830")
    story.payment("老北京涮肉馆", "food", 26_800, dinner + 97, card="8830")


def chen_siyuan(db: Database, now: float) -> None:
    story = _customer(
        db,
        now,
        id="C1005",
        name="陈思远",
        phone="+8613700034521",
        email="siyuan@mail.example",
        address="杭州市西湖区****路66号",
        balance_minor=540_020,
        tier="gold",
        story="A hotel payment is still pending.",
    )
    story.card("2045", "credit", network="UnionPay")
    story.shopping(SHOPS, 16, card="2045")
    story.payment("西湖云居酒店", "travel", 128_000, story.ago(1, 14, 30), status="pending", over_in_days=2)


def zhao_min(db: Database, now: float) -> None:
    story = _customer(
        db,
        now,
        id="C1007",
        name="赵敏",
        phone="+8615000047890",
        email="zhaomin@mail.example",
        address="成都市锦江区****巷3号",
        balance_minor=318_400,
        story="A transfer to the wrong person is still processing; an older one to a wrong account arrived.",
    )
    story.card("5517", network="UnionPay")
    story.salary("成都锦绣文化传媒", "****1120", 960_000)
    story.shopping(SHOPS, 10, card="5517")
    story.transfer("张伟", "****8842", 200_000, story.now - 2_400, status="processing", note="房租")
    story.transfer("刘强", "****0917", 50_000, story.ago(5, 19, 8), kind="instant", note="聚餐")


def liu_yang(db: Database, now: float) -> None:
    story = _customer(
        db,
        now,
        id="C1009",
        name="刘洋",
        phone="+8618600059012",
        email="liuyang@mail.example",
        address="广州市天河区****大道9号",
        balance_minor=1_204_300,
        story="A card he froze himself when he could not find his wallet; the wallet is back.",
    )
    frozen = story.card("7302", network="UnionPay", status="frozen", frozen_by="customer")
    story.card("4418", "credit", network="Mastercard")
    story.shopping(SHOPS, 12, card="4418")
    story.decline(frozen, "全家便利店", 3_250, story.ago(1, 8, 20), "card_frozen")


def sun_yue(db: Database, now: float) -> None:
    story = _customer(
        db,
        now,
        id="C1011",
        name="孙悦",
        phone="+8613600062345",
        email="sunyue@mail.example",
        address="武汉市武昌区****路21号",
        balance_minor=3_520,
        daily_minor=100_000,
        story="A card declined again and again: too little money, a limit, a wrong PIN.",
    )
    card = story.card("9064", network="UnionPay")
    story.shopping(SHOPS, 10, card="9064")
    story.decline(card, "盒马鲜生", 15_860, story.now - 3_000, "insufficient_funds")
    story.decline(card, "盒马鲜生", 15_860, story.now - 2_880, "wrong_pin")
    story.decline(card, "苏宁易购", 239_900, story.ago(2, 16, 45), "limit_reached")


def zhou_xiaotong(db: Database, now: float) -> None:
    _customer(
        db,
        now,
        id="C1013",
        name="周晓彤",
        phone="+8617700078901",
        email="xiaotong@mail.example",
        address="南京市鼓楼区****路5号",
        balance_minor=0,
        member_days=0,
        verification="unverified",
        verification_needed=["id_card", "selfie"],
        story="Signed up today: nothing there yet, not verified.",
    )


STORIES = (li_na, wang_jianguo, chen_siyuan, zhao_min, liu_yang, sun_yue, zhou_xiaotong)
