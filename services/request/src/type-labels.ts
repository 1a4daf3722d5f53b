import type { Labels, RequestType } from '@keiro/schemas';

/** What each request is called to the person. */
export const typeLabels: Readonly<Record<RequestType, Labels>> = {
  disclosure: { ja: '保有個人データの開示', en: 'disclosure of what is held' },
  'provision-disclosure': { ja: '第三者提供記録の開示', en: 'disclosure of records of provision' },
  'overseas-measures': {
    ja: '外国にある提供先の措置に関する情報の提供',
    en: 'information on the measures of recipients abroad',
  },
  'purpose-notice': { ja: '利用目的の通知', en: 'notice of the purposes of use' },
  correction: { ja: '訂正', en: 'correction' },
  addition: { ja: '追加', en: 'addition' },
  deletion: { ja: '削除', en: 'deletion' },
  suspension: { ja: '利用停止', en: 'suspension of use' },
  resume: { ja: '利用停止の解除', en: 'resumption of use' },
  'third-party-denial': { ja: '第三者による利用の停止', en: 'denial of use by third parties' },
  question: { ja: 'お問い合わせ', en: 'question or complaint' },
  return: { ja: '提供先からの回収', en: 'return of a copy' },
  retention: { ja: '保存期間の満了による消去', en: 'erasure at the end of retention' },
};
