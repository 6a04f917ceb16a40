"""Single words and short names in each language: buttons, topics, and the bank's codes as a customer would say them."""

from __future__ import annotations

from collections.abc import Mapping

Said = tuple[str, str]
"""English, Chinese."""


def word(table: Mapping[str, Said], code: str | None, language: str) -> str:
    """What the code is called; a code nobody has named yet is said plainly, without its underscores."""
    said = table.get(code or "")
    return said[language == "zh"] if said else (code or "").replace("_", " ")


BUTTONS: Mapping[str, Said] = {
    "yes": ("Yes", "确认"),
    "wanted": ("Yes, please", "需要"),
    "no": ("No", "不用了"),
    "go_on": ("Yes, carry on", "继续办理"),
    "another": ("A different one", "换一个"),
    "stop": ("Cancel", "取消办理"),
    "person": ("Talk to a person", "转人工客服"),
    "signed_in": ("I've signed in", "我已登录"),
    "retry": ("Try again", "再试一次"),
    "resend": ("Send a new code", "重新发送"),
    "none": ("None of these", "都不是"),
    "bill": ("Monthly bill", "查看月账单"),
    "unknown": ("I don't recognise one", "有一笔不认识"),
    "statement": ("Send me the statement", "发送电子账单"),
    "transactions": ("Transactions", "查看交易明细"),
    "cancel_it": ("Cancel this transfer", "撤销这笔转账"),
    "block": ("Block it for good", "确认挂失"),
    "unfreeze": ("Unfreeze it", "解冻这张卡"),
    "freeze_only": ("Just freeze it", "先冻结"),
    "order_card": ("Order a new card", "补办新卡"),
    "change_limit": ("Change my limit", "调整限额"),
    "all_cards": ("All my cards", "全部卡片"),
    "all_transfers": ("All the transfers", "以上转账都是"),
    "no_money_lost": ("No money has left", "还没有转账"),
}

TOPICS: Mapping[str, Said] = {
    "refund_form": ("your refund", "退款申请"),
    "refund_status_form": ("your refund's progress", "退款进度查询"),
    "refund_missing_form": ("your missing refund", "退款未到账核查"),
    "cancel_refund_form": ("cancelling the refund", "撤销退款"),
    "failed_payment_form": ("the failed payment", "付款失败核查"),
    "double_charge_form": ("the double charge", "重复扣款处理"),
    "unknown_payment_form": ("the payment you don't recognise", "异常交易处理"),
    "pending_payment_form": ("the pending payment", "处理中付款查询"),
    "transfer_status_form": ("your transfer's progress", "转账进度查询"),
    "failed_transfer_form": ("the failed transfer", "转账失败核查"),
    "recover_transfer_form": ("getting your transfer back", "转账追回"),
    "cancel_transfer_form": ("cancelling the transfer", "撤销转账"),
    "receipt_form": ("your receipt", "电子凭证"),
    "lost_card_form": ("your lost card", "银行卡挂失"),
    "freeze_card_form": ("freezing your card", "冻结银行卡"),
    "unfreeze_card_form": ("unfreezing your card", "解冻银行卡"),
    "replace_card_form": ("your new card", "补换卡"),
    "limit_form": ("changing your limit", "限额调整"),
    "password_form": ("your password reset", "重置密码"),
    "phone_form": ("changing your phone number", "更换手机号"),
    "closing_form": ("closing your account", "注销账户"),
    "scam_form": ("the scam report", "诈骗举报"),
    "complaint_form": ("your complaint", "投诉登记"),
}

REASONS: Mapping[str, Said] = {
    "changed_mind": ("Changed my mind", "不想要了"),
    "not_delivered": ("Never arrived", "没有收到货"),
    "faulty": ("Faulty or wrong item", "商品有问题"),
    "other": ("Something else", "其他原因"),
}

CARD_REASONS: Mapping[str, Said] = {
    "lost": ("Lost", "遗失"),
    "stolen": ("Stolen", "被盗"),
    "damaged": ("Damaged", "损坏"),
    "expired": ("About to expire", "快到期"),
    "other": ("Something else", "其他原因"),
}

REASON_WORDS: Mapping[str, str] = {
    "not_delivered": r"never (arrived|came|got here|received|turned up)|(didn|hasn|haven)'?t (arrived?|come|received?)"
    r"|not delivered|没(有)?(收到|到)(货|东西|商品|包裹|快递)|没(有)?发货|一直不发货"
    r"|(货|东西|包裹|快递)(一直|还|都)*没(有)?(收?到|来|发)",
    "faulty": r"\bbroken?\b|faulty|defect|damaged|(does|did)n'?t (work|fit)|not working|wrong (item|size|colou?r|one)"
    r"|坏了|坏的|质量|破损|瑕疵|发错|尺码|不合适|用不了|假货|(商品|东西)有问题",
    "changed_mind": r"changed? my mind|(do|did)n'?t want|no longer (need|want)|don'?t (need|like)"
    r"|不想要|不要了|不需要了|不喜欢|买错|拍错|后悔|用不上|多拍",
}
"""As regular expressions, likeliest first."""

CARD_REASON_WORDS: Mapping[str, str] = {
    "stolen": r"\bstolen?\b|\bstole\b|\brobbed\b|被偷|被抢|被盗",
    "damaged": r"\bbroken?\b|damaged|snapp|crack|\bbent\b|chip|worn|坏|断|裂|折|磨损|消磁|磁条",
    "expired": r"expir|run(ning)? out|过期|到期",
    "lost": r"\blost\b|can'?t find|missing|丢|遗失|不见|找不到",
}

PAYMENT_STATUS: Mapping[str, Said] = {
    "pending": ("pending", "处理中"),
    "completed": ("paid", "已支付"),
    "failed": ("failed", "付款失败"),
    "reversed": ("reversed", "已冲正"),
}

REFUND_STATUS: Mapping[str, Said] = {
    "requested": ("requested", "已申请"),
    "approved": ("approved", "已通过审核"),
    "sent_to_bank": ("on its way", "退款中"),
    "completed": ("completed", "已完成"),
    "cancelled": ("cancelled", "已撤销"),
}

TRANSFER_STATUS: Mapping[str, Said] = {
    "processing": ("on its way", "处理中"),
    "completed": ("arrived", "已到账"),
    "failed": ("failed", "转账失败"),
    "returned": ("returned", "已退回"),
    "cancelled": ("cancelled", "已撤销"),
}

TRANSFER_KIND: Mapping[str, Said] = {
    "instant": ("instant", "实时"),
    "standard": ("standard", "普通"),
    "international": ("international", "跨境"),
}

CARD_STATUS: Mapping[str, Said] = {
    "active": ("active", "正常"),
    "frozen": ("frozen", "已冻结"),
    "lost": ("reported lost", "已挂失"),
    "replaced": ("replaced", "已更换"),
}

CARD_KIND: Mapping[str, Said] = {
    "debit": ("debit card", "借记卡"),
    "credit": ("credit card", "信用卡"),
    "virtual": ("virtual card", "虚拟卡"),
}

CATEGORIES: Mapping[str, Said] = {
    "food": ("eating out", "餐饮"),
    "groceries": ("groceries", "日用百货"),
    "shopping": ("shopping", "购物"),
    "transport": ("transport", "交通"),
    "travel": ("travel", "旅行"),
    "entertainment": ("entertainment", "娱乐"),
    "utilities": ("utilities", "生活缴费"),
    "digital": ("digital services", "数字服务"),
    "health": ("health", "医疗健康"),
    "other": ("other", "其他"),
}

DOCUMENTS: Mapping[str, Said] = {
    "id_card": ("your ID card", "身份证"),
    "passport": ("your passport", "护照"),
    "selfie": ("a selfie", "人脸照片"),
    "proof_of_address": ("proof of address", "住址证明"),
}

FEES: Mapping[str, Said] = {
    "transfer_standard": ("Standard transfer", "普通转账"),
    "transfer_instant": ("Instant transfer", "实时转账"),
    "transfer_international": ("International transfer", "跨境转账"),
    "withdrawal": ("Withdrawal to a bank", "提现到银行卡"),
    "atm": ("Cash machine", "ATM取现"),
    "atm_abroad": ("Cash machine abroad", "境外ATM取现"),
    "conversion": ("Currency conversion", "货币兑换"),
    "card_replacement": ("New card", "补换卡"),
    "refund": ("Refund", "退款"),
    "monthly": ("Account, per month", "账户月费"),
}

DECLINES: Mapping[str, Said] = {
    "insufficient_funds": ("there wasn't enough money available", "可用余额不足"),
    "card_frozen": ("the card was frozen", "卡片被冻结"),
    "limit_reached": ("it went over your daily limit", "超出每日限额"),
    "card_expired": ("the card had expired", "卡片已过期"),
    "wrong_pin": ("the PIN was wrong", "密码输入错误"),
}
