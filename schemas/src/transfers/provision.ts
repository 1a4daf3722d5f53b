import type { Labels } from '../policy/labels.ts';
import type { Basis } from './transfer.ts';

/*
 * APPI 29 to 31: which transfers have to be written down. 29 takes out the cases of 27(1) other than consent and those
 * of 27(5); for a provision abroad that rests on consent (28(1)) it takes out those of 27(1) alone.
 */

/** What a record of a provision names (its upkeep is a matter of the Rules, mark S). */
export type RecordItem = 'date' | 'recipient' | 'person' | 'items' | 'consent';

export type NoRecordReason = 'not-a-provision' | 'exception-of-27(1)' | 'not-third-party-by-27(5)' | 'duty';

export type RecordWanted =
  | {
      /** `provision`: ours, 29. `personal-related`: of cookies and the like, 31. */
      readonly kind: 'provision' | 'personal-related';
      readonly articles: readonly string[];
      readonly items: readonly RecordItem[];
      /** By 30 the recipient confirms and records it as well. */
      readonly recipientRecordsToo: boolean;
    }
  | {
      readonly kind: 'none';
      readonly reason: NoRecordReason;
      readonly articles: readonly string[];
      readonly message: Labels;
    };

const noRecord = {
  'not-a-provision': {
    articles: ['APPI 27(1)'],
    message: { ja: '第三者への提供に当たりません。', en: 'is no provision to a third party' },
  },
  'exception-of-27(1)': {
    articles: ['APPI 29(1)', 'APPI 27(1)'],
    message: { ja: '27条1項各号の場合は記録を要しません。', en: 'a case of 27(1) needs no record' },
  },
  'not-third-party-by-27(5)': {
    articles: ['APPI 29(1)', 'APPI 27(5)'],
    message: { ja: '27条5項の場合は記録を要しません。', en: 'a case of 27(5) needs no record' },
  },
  duty: {
    articles: ['APPI 34', 'APPI 35'],
    message: { ja: '本人の求めを伝えるものです。', en: 'carries out what the person asked' },
  },
} as const satisfies Record<NoRecordReason, { articles: readonly string[]; message: Labels }>;

const none = (reason: NoRecordReason): RecordWanted => ({ kind: 'none', reason, ...noRecord[reason] });

const byConsent: RecordWanted = {
  kind: 'provision',
  articles: ['APPI 29(1)'],
  items: ['recipient', 'person', 'items', 'consent'],
  recipientRecordsToo: true,
};
const byFiling: RecordWanted = { ...byConsent, items: ['date', 'recipient', 'person', 'items'] };
const ofArticle31: RecordWanted = {
  kind: 'personal-related',
  articles: ['APPI 31(3)'],
  items: ['date', 'recipient', 'items', 'consent'],
  recipientRecordsToo: true,
};

/** What is to be written down of a transfer that is allowed. */
export function recordWanted(given: {
  readonly basis: Basis;
  /** The article that a basis `law` names. */
  readonly article?: string | undefined;
  /** It goes abroad because the person consented to that. */
  readonly abroadByConsent: boolean;
  readonly personalRelated: boolean;
}): RecordWanted {
  if (given.personalRelated) return ofArticle31;
  switch (given.basis) {
    case 'own':
      return none('not-a-provision');
    case 'duty':
      return none('duty');
    case 'consent':
    case 'terms-violation':
      // Of a breach of the terms its caller asks by what stands beside it.
      return byConsent;
    case 'life-or-property':
    case 'public-body':
      return none('exception-of-27(1)');
    case 'law':
      return given.article === 'APPI 27(2)' ? byFiling : none('exception-of-27(1)');
    case 'entrustment':
    case 'succession':
    case 'joint-use':
      return given.abroadByConsent ? byConsent : none('not-third-party-by-27(5)');
  }
}
