import type { Language } from '../lib/locale';
import { humanise, intentName } from './intents';

type Names = Record<string, [en: string, zh: string]>;

/** What the assistant did or tried, by the action's name. */
const ACTIONS: Names = {
  action_abuse: ['Somebody is hurt by another', '有人受到伤害'], action_bereavement: ['Somebody has died', '亲友去世'],
  action_child: ['A child is writing', '未成年人'], action_code_told: ['A code was told', '验证码泄露'],
  action_danger_to_self: ['Speaks of not wanting to live', '有轻生倾向'],
  action_scam_in_progress: ['A scam in progress', '正在发生的诈骗'], action_sender_in_doubt: ['Is a message from us', '核实可疑消息'],
  action_under_pressure: ['Under pressure from somebody', '受人胁迫'], action_leave_line: ['Leave the line', '取消排队'],
  action_request_refund: ['Request a refund', '申请退款'], action_refund_status: ['Look up a refund', '查询退款进度'],
  action_refund_missing: ['Look for a refund', '查找未到账退款'], action_cancel_refund: ['Cancel a refund', '撤销退款'],
  action_failed_payment: ['Look into a failed payment', '核查失败付款'], action_double_charge: ['Check a double charge', '核查重复扣款'],
  action_unknown_payment: ['Dispute a payment', '对交易提出争议'], action_pending_payment: ['Look into a pending payment', '核查处理中付款'],
  action_transfer_status: ['Look up a transfer', '查询转账进度'], action_failed_transfer: ['Look into a failed transfer', '核查失败转账'],
  action_recover_transfer: ['Recall a transfer', '追回转账'], action_cancel_transfer: ['Cancel a transfer', '撤销转账'],
  action_transfer_times: ['Say how long a transfer takes', '告知到账时间'], action_check_balance: ['Show the balance', '查询余额'],
  action_list_transactions: ['List transactions', '列出交易记录'], action_monthly_bill: ['Show the monthly bill', '查询月账单'],
  action_send_receipt: ['Send a receipt', '发送凭证'], action_report_card_lost: ['Report a card lost', '挂失银行卡'],
  action_freeze_card: ['Freeze a card', '冻结银行卡'], action_unfreeze_card: ['Unfreeze a card', '解冻银行卡'],
  action_replace_card: ['Order a new card', '补换卡'], action_card_declined: ['Look into a declined card', '核查刷卡被拒'],
  action_card_delivery: ['Look up a card delivery', '查询新卡寄送'], action_check_limits: ['Show limits', '查询限额'],
  action_change_limit: ['Change a limit', '调整限额'], action_ask_fees: ['Tell fees', '告知手续费'],
  action_reset_password: ['Reset the password', '重置密码'], action_change_phone_number: ['Change the phone number', '更换手机号'],
  action_confirm_phone_number: ['Confirm the new phone number', '确认新手机号'],
  action_verify_identity: ['Tell about the identity check', '说明实名认证'], action_close_account: ['Close the account', '注销账户'],
  action_secure_account: ['Secure the account', '保护账户'], action_report_scam: ['Report a scam', '举报诈骗'],
  action_withdraw_complaint: ['Take the complaint back', '撤回投诉'],
  action_card_status: ['Tell the state of the cards', '告知银行卡状态'],
  action_file_complaint: ['File a complaint', '登记投诉'], action_handover: ['Hand over to a person', '转接人工'],
  action_calm: ['Answer anger', '安抚情绪'], action_not_solved: ['Try another way', '换一种方式处理'], action_repeat: ['Say it again', '重复上一句'],
  action_help: ['Say what it can do', '说明能做什么'], action_greet: ['Greet', '问候'],
  action_use_detail: ['Use a detail', '使用补充信息'],
  action_verify_code: ['Check the one-time code', '核验验证码'],
  action_trace_refund: ['Trace a refund', '追查退款'],
};

/** Why it failed or was refused: the account services' codes, and ours. */
const CODES: Names = {
  account_restricted: ['the account is restricted', '账户受限'], already_cancelled: ['already cancelled', '已撤销'], already_closing: ['already being closed', '已在注销中'],
  already_withdrawn: ['taken back already', '已经撤回'], not_withdrawable: ['cannot be taken back any more', '已无法撤回'],
  already_disputed: ['already disputed', '已提出争议'], already_frozen: ['already frozen', '已冻结'], already_ordered: ['already ordered', '已申请'],
  already_recalled: ['already recalled', '已申请追回'], already_refunded: ['already refunded', '已退款'], already_traced: ['already being traced', '已在追查'],
  amount_too_high: ['the amount is too high', '金额过高'], bad_request: ['the request was not understood', '请求有误'], card_replaced: ['the card was replaced', '卡已更换'],
  cards_not_frozen: ['cards were not frozen', '银行卡未能冻结'], code_expired: ['the code had expired', '验证码已过期'], code_locked: ['too many wrong codes', '验证码错误次数过多'],
  code_used: ['the code was used before', '验证码已使用'], code_wrong: ['the code was wrong', '验证码错误'], frozen_by_bank: ['frozen by the bank', '被银行冻结'],
  limit_out_of_range: ['the limit is out of range', '限额超出范围'], limit_unchanged: ['the limit is the same', '限额没有变化'], not_completed: ['not completed yet', '尚未完成'],
  not_disputable: ['cannot be disputed', '不可争议'], not_found: ['not found', '未找到'], not_frozen: ['not frozen', '未冻结'], not_locked: ['the account was not locked', '账户未能锁定'],
  not_processing: ['not in progress', '不在处理中'], phone_invalid: ['the number is not valid', '号码无效'], phone_taken: ['the number is in use', '号码已被使用'],
  phone_unchanged: ['the number is the same', '号码没有变化'], service_down: ['the account service did not answer', '账户系统没有响应'], too_late: ['too late', '已过期限'],
  too_many_codes: ['too many codes were sent', '验证码发送过多'], too_many_resets: ['too many resets', '重置次数过多'], too_old: ['too long ago', '时间过久'],
  unauthorized: ['not allowed', '没有权限'], virtual_card: ['it is a virtual card', '是虚拟卡'], wrong_purpose: ['the code was for something else', '验证码用途不符'],
  code_for_other: ['the code was for something else', '验证码用途不符'], code_outdated: ['the code was for an earlier state', '验证码对应的信息已变化'],
  code_required: ['a code is needed', '需要验证码'], code_spent: ['the code has done its work', '验证码已用于办理'], codes_blocked: ['codes are blocked after too many tries', '验证码因多次错误已停用'],
  cooling_off: ['the phone number was changed lately', '手机号近期更换，暂不能办理'], no_phone_change: ['no phone change is under way', '没有进行中的换号'], too_soon: ['too soon after the last try', '操作过于频繁'],
  refused: ['refused', '被拒绝'], gave_up: ['the customer gave up', '客户放弃'],
};

const SLOTS: Names = {
  amount: ['Amount', '金额'], date: ['Date', '日期'], order_number: ['Number', '单号'], card_ending: ['Card ending', '卡尾号'], phone_number: ['Phone number', '手机号'],
  reason: ['Reason', '原因'], customer: ['Customer', '客户'], topic: ['Topic', '话题'], wishes: ['Also wanted', '其他诉求'],
};

/** What slots hold where it is a word of ours. */
const VALUES: Names = {
  other: ['Something else', '其他原因'], changed_mind: ['Changed their mind', '不想要了'], not_delivered: ['Never arrived', '没有收到货'],
  faulty: ['Faulty or wrong item', '商品有问题'], damaged: ['Damaged', '损坏'], lost: ['Lost', '遗失'], stolen: ['Stolen', '被盗'], expired: ['About to expire', '快到期'],
};

const CARDS: Names = {
  bill: ['a bill', '账单'], card: ['a card', '一张银行卡'], limits: ['limits', '限额'], payments: ['payments', '付款'], refund: ['a refund', '一笔退款'],
  transfer: ['a transfer', '一笔转账'],
};

/** What the desk's server refuses, and why. */
const REFUSALS: Names = {
  at_capacity: ['You have as many conversations as you may. Close one first.', '您的会话数已达上限，请先结束一个会话。'],
  offline: ['You are offline. Set yourself to available first.', '您处于离线状态，请先切换为在线。'],
  access_denied: ['This is not yours to do.', '您没有权限进行此操作。'], not_found: ['It is not there any more.', '该内容已不存在。'],
  too_long: ['The text is too long.', '内容过长。'], empty: ['The text is empty.', '内容为空。'], rate_limited: ['Too much at once. Please wait a moment.', '操作过于频繁，请稍候。'],
  busy: ['The service is busy. Please try again.', '系统繁忙，请重试。'], unavailable: ['The service is busy. Please try again.', '系统繁忙，请重试。'],
  internal: ['Something went wrong there; it was noted.', '系统出错，已记录。'],
};

function name(names: Names, code: string, language: Language): string {
  return names[code]?.[language === 'zh' ? 1 : 0] ?? humanise(code);
}

export const actionName = (code: string, language: Language) =>
  name(ACTIONS, code, language);
export const codeName = (code: string, language: Language) => name(CODES, code, language);
export const slotName = (code: string, language: Language) => name(SLOTS, code, language);
export const cardName = (code: string, language: Language) => name(CARDS, code, language);

/** A slot's word: one of ours, an intent, or as the customer said it. */
export function valueName(value: string, language: Language): string {
  const known = VALUES[value]?.[language === 'zh' ? 1 : 0];
  return known ?? (/^[a-z]+(_[a-z]+)+$/.test(value) ? intentName(value, language) : value);
}

/** What a refusal says to a person; null where there is no better word than that it did not work. */
export function refusal(code: string, language: Language): string | null {
  return REFUSALS[code]?.[language === 'zh' ? 1 : 0] ?? null;
}
