"""What the bot can be asked for, in the words in which it offers it."""

from __future__ import annotations

from collections.abc import Mapping

from actions.words import Said

LABELS: Mapping[str, Said] = {
    "request_refund": ("Get a refund", "申请退款"),
    "refund_status": ("Where a refund is", "查询退款进度"),
    "refund_not_arrived": ("A refund hasn't arrived", "退款没到账"),
    "cancel_refund": ("Cancel a refund request", "撤销退款申请"),
    "payment_failed": ("A payment failed", "付款失败"),
    "charged_twice": ("I was charged twice", "被重复扣款"),
    "payment_not_recognised": ("A payment I don't recognise", "有一笔不认识的交易"),
    "payment_pending": ("A payment is still pending", "付款一直在处理中"),
    "transfer_status": ("Where a transfer is", "查询转账进度"),
    "transfer_failed": ("A transfer failed", "转账失败"),
    "transfer_wrong_recipient": ("I sent money to the wrong person", "转错人了"),
    "cancel_transfer": ("Cancel a transfer", "撤销转账"),
    "transfer_arrival_time": ("How long a transfer takes", "转账多久到账"),
    "check_balance": ("My balance", "查询余额"),
    "list_transactions": ("My recent transactions", "查询交易明细"),
    "monthly_bill": ("My monthly bill", "查询月账单"),
    "request_receipt": ("Get a receipt", "开具电子凭证"),
    "card_lost": ("Report a lost card", "银行卡挂失"),
    "freeze_card": ("Freeze a card", "冻结银行卡"),
    "unfreeze_card": ("Unfreeze a card", "解冻银行卡"),
    "replace_card": ("Order a new card", "补换卡"),
    "card_declined": ("My card was declined", "刷卡被拒"),
    "card_delivery": ("When my new card comes", "查询新卡寄送进度"),
    "check_limits": ("My limits", "查询限额"),
    "change_limit": ("Change my limit", "调整限额"),
    "ask_fees": ("Fees", "查询手续费"),
    "reset_password": ("Reset my password", "重置密码"),
    "change_phone_number": ("Change my phone number", "更换手机号"),
    "verify_identity": ("Identity check", "实名认证"),
    "close_account": ("Close my account", "注销账户"),
    "account_taken_over": ("Someone is in my account", "账户被盗用"),
    "report_scam": ("Report a scam", "举报诈骗"),
    "complaint": ("Make a complaint", "投诉"),
    "request_human": ("Talk to a person", "转人工客服"),
    "help": ("What I can help with", "查看我能办理的业务"),
}
