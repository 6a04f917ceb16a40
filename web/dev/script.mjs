// What the fake gateway's bot says: a refund, a bill, cards, limits and a handover, in two languages.
const PAYMENTS = [
  { id: 'P20261103001', title: 'Blue Door Coffee', amount: '¥89.00', date: '3 Nov', status: 'completed' },
  { id: 'P20261103002', title: 'Blue Door Coffee', amount: '¥89.00', date: '3 Nov', status: 'completed' },
  { id: 'P20261028017', title: '云栖书店', amount: '¥236.50', date: '27 Oct', status: 'pending' },
];

export function answer(conversation, text, payload, { phone }) {
  if (/[\u4e00-\u9fff]/.test(text)) conversation.language = 'zh';
  else if (/[a-z]{3}/i.test(text)) conversation.language = 'en';
  const zh = conversation.language === 'zh';
  const say = (en, cn, more = {}) => ({ text: zh ? cn : en, ...more });
  const { flow } = conversation;
  if (flow.step === 'pick' && payload) {
    flow.step = 'code';
    phone(zh ? '【小二支付】验证码 482913，5 分钟内有效。请勿告诉任何人。' : 'Xiaoer Pay: your code is 482913, good for 5 minutes. Never share it.');
    return [say('To be sure it is you, I have sent a six-digit code to your phone ending 4821. What does it say?', '为了确认是您本人，我向尾号 4821 的手机发送了 6 位验证码，请告诉我。')];
  }
  if (flow.step === 'code' && /482913/.test(text)) {
    flow.step = 'confirm';
    conversation.identity.level = 2;
    return [say('Thank you. Shall I refund **¥89.00** from Blue Door Coffee?', '谢谢。要为您退还 Blue Door Coffee 的 ¥89.00 吗？', {
      buttons: [{ title: zh ? '是的，退款' : 'Yes, refund it', payload: '/affirm' }, { title: zh ? '不用了' : 'No', payload: '/deny' }],
    })];
  }
  if (flow.step === 'confirm') {
    conversation.flow = {};
    return [say('Done. The money will be back in one to three working days.', '已办好。款项将在 1–3 个工作日内原路退回。', {
      custom: { card: 'refund', items: [], record: { id: 'R20261122001', merchant: 'Blue Door Coffee', amount_minor: 8900, currency: 'CNY', status: 'approved', requested_at: Date.now() / 1000, approved_at: Date.now() / 1000, expected_on: '2026-11-25' } },
    })];
  }
  if (/refund|退款|退钱|charged/i.test(text)) {
    flow.step = 'pick';
    return [say('Of course. Which payment is it about?', '好的，请问是哪一笔付款？', {
      custom: { card: 'payments', items: PAYMENTS },
      buttons: PAYMENTS.map(({ id, title }) => ({ title: `${title} · ${id.slice(-3)}`, payload: `/inform_order{"order_number":"${id}"}` })),
    })];
  }
  if (/person|human|人工/i.test(text)) {
    flow.handover = true;
    return [say('I will find a colleague for you. They will see what we have talked about.', '我为您找一位同事，我们聊过的内容对方都能看到，不用再说一遍。')];
  }
  if (/card|卡/i.test(text)) return [say('These are your cards.', '这是您的银行卡。', { custom: { card: 'card', items: [], record: { id: 'K2', ending: '0937', network: 'Visa', kind: 'credit', status: 'frozen', replacement: { ending: '5512', status: 'shipped', expected_on: '2026-11-26' } } } })];
  if (/bill|账单/i.test(text)) return [say('Your bill for October:', '您 10 月的账单：', { custom: { card: 'bill', items: [], record: { month: '2026-10', open: false, spent_minor: 482350, currency: 'CNY', categories: [{ category: 'food', amount_minor: 210000 }, { category: 'shopping', amount_minor: 182350 }, { category: 'transport', amount_minor: 90000 }] } } })];
  if (/limit|限额/i.test(text)) return [say('Your limits:', '您的限额：', { custom: { card: 'limits', items: [], record: { currency: 'CNY', daily_minor: 5000000, used_today_minor: 1830000, left_today_minor: 3170000, single_minor: 2000000, min_minor: 0, max_minor: 10000000 } } })];
  if (/transfer|转账/i.test(text)) return [say('Here is your last transfer.', '这是您最近的一笔转账。', { custom: { card: 'transfer', items: [], record: { id: 'T20261120004', counterparty: '陈建国', direction: 'out', account: '•••• 7712', amount_minor: 120000, currency: 'CNY', status: 'processing', at: Date.now() / 1000 - 7200, arrives_at: Date.now() / 1000 + 3600 } } })];
  return [say('Hello! I am Xiaoer. I can look up payments, make refunds, freeze a card, or find you a colleague. See https://example.com/help', '您好，我是小二。查付款、办退款、冻结银行卡，或者转人工，都可以找我。', {
    buttons: [{ title: zh ? '我要退款' : 'I want a refund', payload: '/request_refund' }, { title: zh ? '本月账单' : 'My monthly bill', payload: '/monthly_bill' }, { title: zh ? '找人工' : 'Talk to a person', payload: '/request_human' }],
  })];
}
