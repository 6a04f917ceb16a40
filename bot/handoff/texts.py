"""Every word of this room, in English and Chinese: for the customer, and for the person who takes over."""

from __future__ import annotations

from collections.abc import Mapping

Said = tuple[str, str]
"""In English, in Chinese."""

LANGUAGES = ("en", "zh")
"""Those of this page."""

LINES: Mapping[str, Said] = {
    "queued": (
        "I'm getting you a person. You're number {position} in line.",
        "正在为您转接人工客服，您排在第 {position} 位。",
    ),
    "wait": ("That should take about {minutes} min.", "预计等待约 {minutes} 分钟。"),
    "nobody": (
        "Nobody is at the desk right now{hours}. You are in line for a person, and what you write is read then. Until"
        " then I can still help with anything I know, or you can leave the line.",
        "现在没有客服在线{hours}。已为您登记排队，您写下的内容届时都会看到；这期间有我能办的您可以继续问我，也可以取消排队。",
    ),
    "hours": ("; we are there {hours}", "，人工服务时间为{hours}"),
    "joined": ("{name} has joined.", "人工客服 {name} 已接入，将继续为您服务。"),
    "requeued": (
        "{name} had to leave. You keep your place, number {position} in line, and the next person sees all of this.",
        "人工客服 {name} 暂时离开了。您的排队位置不变（第 {position} 位），接手的客服能看到前面的全部内容。",
    ),
    "bot": ("You're back with the assistant.", "已转回智能助手。"),
    "closed": ("{name} has ended the conversation.", "人工客服 {name} 已结束本次服务。"),
    "leave": ("Leave the line", "取消排队"),
    "left": ("You've left the line.", "已为您取消排队。"),
}
"""What the customer is told by the system."""

SUMMARY: Mapping[str, Said] = {
    "wanted": ("Wanted: {what}{details}.", "诉求：{what}{details}。"),
    "unknown": ("What the customer wants was not understood.", "未能识别客户诉求。"),
    "details": (" ({all})", "（{all}）"),
    "customer": ("Customer: {name}, {level}.", "客户：{name}，{level}。"),
    "tried": ("Tried: {all}.", "已尝试：{all}。"),
    "nothing": ("Nothing was tried.", "未做任何操作。"),
    "reason": ("Handed over because {why}.", "转人工原因：{why}。"),
    "no_name": ("name unknown", "姓名未知"),
}

LEVELS: Mapping[int, Said] = {
    0: ("not signed in", "未登录"),
    1: ("signed in", "已登录"),
    2: ("signed in and confirmed by a one-time code", "已登录并通过验证码核验"),
}

WHY: Mapping[str, Said] = {
    "asked": ("the customer asked for a person", "客户要求人工服务"),
    "fallback": ("the bot did not understand", "机器人未能理解"),
    "third_time": ("the same question came a third time", "同一问题第三次提出"),
    "action_failed": ("an action failed twice", "操作连续失败"),
    "trouble": ("something is broken on our side", "系统出现故障"),
    "anger": ("the customer is angry", "客户情绪激动"),
    "security": ("money or an account is in danger", "涉及资金或账户安全"),
    "care": ("the customer may be in danger", "客户可能有人身安全风险，请优先关怀"),
}

OUTCOMES: Mapping[str, Said] = {
    "done": ("done", "成功"),
    "failed": ("failed", "失败"),
    "refused": ("refused", "被拒绝"),
}

DETAILS: Mapping[str, Said] = {
    "order_number": ("number {value}", "单号 {value}"),
    "amount": ("amount {value}", "金额 {value}"),
    "date": ("date {value}", "日期 {value}"),
    "card_ending": ("card ending {value}", "卡尾号 {value}"),
}
"""Slots that a summary names."""

WISHES: Mapping[str, Said] = {
    "scam_in_progress": ("somebody wants a code or money from them right now", "正遭遇诈骗"),
    "code_told": ("they told somebody a code", "验证码已泄露"),
    "sender_in_doubt": ("whether a message is from us", "核实可疑消息"),
    "under_pressure": ("somebody puts them under pressure", "受人胁迫"),
    "bereavement": ("somebody has died", "亲友去世"),
    "danger_to_self": ("they speak of not wanting to live", "有轻生倾向"),
    "abuse": ("they are hurt by somebody", "受到伤害"),
    "child": ("a child is writing", "未成年人来访"),
    "request_refund": ("get a refund", "申请退款"),
    "refund_status": ("know where a refund is", "查询退款进度"),
    "refund_not_arrived": ("a refund that hasn't arrived", "退款未到账"),
    "cancel_refund": ("cancel a refund request", "撤销退款申请"),
    "payment_failed": ("a payment that failed", "付款失败"),
    "charged_twice": ("charged twice", "重复扣款"),
    "payment_not_recognised": ("a payment they don't recognise", "不认识的交易"),
    "payment_pending": ("a payment that is pending", "付款处理中"),
    "transfer_status": ("know where a transfer is", "查询转账进度"),
    "transfer_failed": ("a transfer that failed", "转账失败"),
    "transfer_wrong_recipient": ("money sent to the wrong person", "转错人"),
    "cancel_transfer": ("cancel a transfer", "撤销转账"),
    "transfer_arrival_time": ("know how long a transfer takes", "询问转账到账时间"),
    "check_balance": ("their balance", "查询余额"),
    "list_transactions": ("their recent transactions", "查询交易明细"),
    "monthly_bill": ("their monthly bill", "查询月账单"),
    "request_receipt": ("a receipt", "开具电子凭证"),
    "card_lost": ("report a lost card", "银行卡挂失"),
    "freeze_card": ("freeze a card", "冻结银行卡"),
    "unfreeze_card": ("unfreeze a card", "解冻银行卡"),
    "replace_card": ("a new card", "补换卡"),
    "card_declined": ("a card that was declined", "刷卡被拒"),
    "card_delivery": ("know when the new card comes", "查询新卡寄送进度"),
    "check_limits": ("their limits", "查询限额"),
    "change_limit": ("change a limit", "调整限额"),
    "ask_fees": ("know the fees", "查询手续费"),
    "reset_password": ("reset the password", "重置密码"),
    "change_phone_number": ("change the phone number", "更换手机号"),
    "verify_identity": ("the identity check", "实名认证"),
    "close_account": ("close the account", "注销账户"),
    "account_taken_over": ("someone else is in the account", "账户被盗用"),
    "report_scam": ("report a scam", "举报诈骗"),
    "complaint": ("complain", "投诉"),
}
"""Intents in the words of a summary; others are shown by name."""

DEEDS: Mapping[str, Said] = {
    "action_trace_refund": ("trace the refund", "追查退款"),
    "action_refund_missing": ("look for the refund", "查找未到账退款"),
    "action_double_charge": ("check the double charge", "核查重复扣款"),
    "action_failed_payment": ("look into the failed payment", "核查失败付款"),
    "action_pending_payment": ("look into the pending payment", "核查处理中付款"),
    "action_unknown_payment": ("dispute the payment", "对交易提出争议"),
    "action_failed_transfer": ("look into the failed transfer", "核查失败转账"),
    "action_recover_transfer": ("recall the transfer", "追回转账"),
    "action_transfer_times": ("say how long a transfer takes", "告知到账时间"),
    "action_report_card_lost": ("report the card lost", "挂失银行卡"),
    "action_send_receipt": ("send a receipt", "发送凭证"),
    "action_secure_account": ("secure the account", "保护账户"),
    "action_file_complaint": ("file the complaint", "登记投诉"),
    "action_withdraw_complaint": ("take the complaint back", "撤回投诉"),
    "action_card_status": ("tell the state of the cards", "告知银行卡状态"),
    "action_verify_code": ("check the one-time code", "核验验证码"),
    "action_request_refund": ("request the refund", "提交退款申请"),
    "action_cancel_refund": ("cancel the refund", "撤销退款"),
    "action_cancel_transfer": ("cancel the transfer", "撤销转账"),
    "action_freeze_card": ("freeze the card", "冻结银行卡"),
    "action_unfreeze_card": ("unfreeze the card", "解冻银行卡"),
    "action_replace_card": ("order a new card", "补换卡"),
    "action_change_limit": ("change the limit", "调整限额"),
    "action_close_account": ("request closing the account", "申请注销账户"),
    "action_reset_password": ("reset the password", "重置密码"),
    "action_change_phone_number": ("change the phone number", "更换手机号"),
    "action_report_scam": ("report the scam", "举报诈骗"),
}
"""Actions in the words of a summary; others are shown by the intent they serve, or by name."""


def pick(said: Said, language: str) -> str:
    """Chinese for `zh`, English for everything else."""
    return said[1] if language == "zh" else said[0]


def line(step: str, language: str, /, **values: object) -> str:
    return pick(LINES[step], language).format(**values)


def wish(intent: str, language: str) -> str:
    return pick(WISHES[intent], language) if intent in WISHES else intent.replace("_", " ")


def deed(action: str, language: str) -> str:
    if action in DEEDS:
        return pick(DEEDS[action], language)
    return wish(action.removeprefix("action_").removeprefix("validate_"), language)
