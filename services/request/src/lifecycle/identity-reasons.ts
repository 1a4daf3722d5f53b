import type { Labels } from '@keiro/schemas';

/** What the person is told of a check that failed. It says nothing about whether anybody is known (R9). */
const reasons: Readonly<Record<string, Labels>> = {
  'too-many-tries': {
    ja: '確認の試行回数が上限に達したため、本人からの請求であることを確認できませんでした。',
    en: 'The number of tries was used up, so that it could not be confirmed that the person asked.',
  },
  expired: {
    ja: '期限までに確認の手続が終わらなかったため、本人からの請求であることを確認できませんでした。',
    en: 'The check was not completed in time, so that it could not be confirmed that the person asked.',
  },
  'not-matching': {
    ja: '示された事項が一致せず、本人からの請求であることを確認できませんでした。',
    en: 'What was shown does not match, so that it could not be confirmed that the person asked.',
  },
  incomplete: {
    ja: '必要な書類または事項が足りず、本人からの請求であることを確認できませんでした。',
    en: 'Documents or details are missing, so that it could not be confirmed that the person asked.',
  },
};

export const identityReason = (reason: string): Labels =>
  reasons[reason] ?? {
    ja: '本人からの請求であることを確認できませんでした。',
    en: 'It could not be confirmed that the person asked.',
  };
