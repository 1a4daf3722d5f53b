import type { IdentityAnswer, IdentityView, Labels } from '@keiro/schemas';

/** What `keiro request identity` says, in Japanese and English (L2). */
const word = (ja: string, en: string): Labels => ({ ja, en });

export const identityWords = {
  check: word('本人確認', 'Check of identity'),
  until: word('期限', 'until'),
  tries: word('残り試行回数', 'tries left'),
  codes: word('残りコード発行数', 'codes left'),
  codeUntil: word('コードの有効期限', 'the code is taken until'),
  nextCodeAt: word('次のコードの発行', 'next code from'),
  missing: word('不足', 'missing'),
  askCode: word('確認コード: ', 'Code: '),
} as const;

export const stateWords: Record<IdentityView['state'], Labels> = {
  open: word('確認中', 'open'),
  confirmed: word('確認済み', 'confirmed'),
  failed: word('確認できず', 'not confirmed'),
};

export const methodWords: Record<IdentityView['methods'][number]['method'], Labels> = {
  code: word('登録済み連絡先への確認コード', 'code to the registered contact'),
  session: word('サービスへのログイン', 'sign-in at the service'),
  operator: word('担当者による書類の確認', 'documents that an operator sees'),
  agent: word('代理人', 'agent'),
};

type Why = NonNullable<IdentityView['methods'][number]['why']>;
export const whyWords: Record<Why, Labels> = {
  'not-configured': word('未設定', 'not configured'),
  'no-codes-left': word('発行上限', 'no codes left'),
  'check-over': word('終了', 'over'),
};

export const reasonWords: Record<NonNullable<IdentityView['reason']>, Labels> = {
  'too-many-tries': word('試行回数の超過', 'too many tries'),
  expired: word('期限切れ', 'expired'),
  'not-matching': word('登録内容と不一致', 'not matching'),
  incomplete: word('不足あり', 'incomplete'),
};

export const outcomeWords: Record<IdentityAnswer['outcome'], Labels> = {
  'code-made': word(
    '登録済みの連絡先があれば、コードを送信しました。届いたコード: keiro request identity answer',
    'If a contact is registered, a code is on its way to it. Then: keiro request identity answer',
  ),
  confirmed: word('本人であることを確認しました。', 'It is confirmed who asks.'),
  'not-matching': word('一致しません。', 'That does not match.'),
  'no-code': word(
    '有効なコードがありません（未発行、期限切れ、または試行回数の超過）。新しいコード: keiro request identity send-code',
    'No code is taken now: none was made, it expired or was tried too often. A new one: keiro request identity send-code',
  ),
  'invalid-token': word('ログイン情報が無効です。', 'The token is not valid.'),
  failed: word('本人であることを確認できませんでした。', 'It could not be confirmed who asks.'),
};
