import type { Language } from '../lib/locale';

const NAMES: Record<string, [en: string, zh: string]> = {
  scam_in_progress: ['Scam in progress', '正在发生的诈骗'], code_told: ['Code told', '验证码泄露'], sender_in_doubt: ['Sender in doubt', '可疑消息'],
  under_pressure: ['Under pressure', '受人胁迫'], bereavement: ['Bereavement', '亲友去世'], danger_to_self: ['Danger to self', '有轻生倾向'],
  abuse: ['Abuse', '受到伤害'], child: ['A child', '未成年人'],
  request_refund: ['Request a refund', '申请退款'], refund_status: ['Refund status', '退款进度'],
  refund_not_arrived: ['Refund not arrived', '退款未到账'], cancel_refund: ['Cancel a refund', '取消退款'],
  payment_failed: ['Payment failed', '付款失败'], charged_twice: ['Charged twice', '重复扣款'],
  payment_not_recognised: ['Payment not recognised', '不认识的扣款'], payment_pending: ['Payment pending', '付款处理中'],
  transfer_status: ['Transfer status', '转账进度'], transfer_failed: ['Transfer failed', '转账失败'],
  transfer_wrong_recipient: ['Sent to the wrong person', '转错人'], cancel_transfer: ['Cancel a transfer', '撤销转账'],
  transfer_arrival_time: ['When a transfer arrives', '到账时间'], check_balance: ['Balance', '查余额'],
  list_transactions: ['Transactions', '交易记录'], monthly_bill: ['Monthly bill', '月账单'], request_receipt: ['Receipt', '电子回单'],
  card_lost: ['Card lost', '银行卡丢失'], freeze_card: ['Freeze a card', '冻结卡'], unfreeze_card: ['Unfreeze a card', '解冻卡'],
  replace_card: ['Replace a card', '补换卡'], card_declined: ['Card declined', '刷卡被拒'], card_delivery: ['Card delivery', '新卡寄送'],
  check_limits: ['Limits', '查限额'], change_limit: ['Change a limit', '调整限额'], ask_fees: ['Fees', '手续费'],
  reset_password: ['Reset password', '重置密码'], change_phone_number: ['Change phone number', '更换手机号'],
  verify_identity: ['Identity check', '实名认证'], close_account: ['Close account', '注销账户'],
  account_taken_over: ['Account taken over', '账户被盗'], report_scam: ['Scam report', '举报诈骗'],
  complaint: ['Complaint', '投诉'], request_human: ['Wants a person', '转人工'], express_anger: ['Anger', '情绪激动'],
  not_solved: ['Not solved', '未解决'], repeat_that: ['Repeat', '再说一遍'], help: ['Help', '帮助'],
  greet: ['Greeting', '问候'], goodbye: ['Goodbye', '再见'], thank: ['Thanks', '感谢'], bot_challenge: ['Asks if it is a bot', '询问是否机器人'],
  affirm: ['Yes', '肯定'], deny: ['No', '否定'], stop: ['Stop', '停止'], inform_amount: ['Gives an amount', '提供金额'],
  inform_date: ['Gives a date', '提供日期'], inform_order: ['Gives a number', '提供单号'], inform_code: ['Gives a code', '提供验证码'],
  out_of_scope: ['Out of scope', '超出范围'], nlu_fallback: ['Not understood', '未能理解'],
};

/** What a corrected intent may be: what customers want, not how they answer. */
export const WANTS = Object.keys(NAMES).filter((intent) => !/^(affirm|deny|stop|inform_|greet|goodbye|thank|repeat_)/.test(intent));

export function intentName(intent: string, language: Language): string {
  const names = NAMES[intent];
  return names ? names[language === 'zh' ? 1 : 0] : humanise(intent);
}

/** A project's own names may come without a label: `inform_code` as `Inform code`. */
export function humanise(code: string): string {
  const words = code.replace(/^(action|utter|validate)_/, '').replace(/_/g, ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}
