import { bases } from './bases.ts';
import { floors } from './floors.ts';
import type { Labels } from './labels.ts';
import { rights } from './rights.ts';
import type { GroupRules, PolicyRules, SourceOfRule, Use } from './schema.ts';
import { starts } from './starts.ts';

/*
 * The policy as data. This is the file that a company edits: what is collected, in which groups, for which
 * purposes, and until when. Nothing else has to change with it. What the policy or a law says is marked so;
 * what is marked `operator` is a choice that the operator may make otherwise.
 */

const policy = (row: SourceOfRule['row']): SourceOfRule => ({ row, decidedBy: 'policy' });
const operator = (row: SourceOfRule['row']): SourceOfRule => ({ row, decidedBy: 'operator' });
/** A period that the operator chose, within the duty to erase what is no longer needed. */
const untilNotNeeded = (row: SourceOfRule['row']): SourceOfRule => ({
  row,
  article: 'APPI 22',
  decidedBy: 'operator',
});

/** Registration and profile: for the membership and for running the services; marketing for those who asked for it. */
const memberUses: Use[] = [
  { purpose: 'membership', rule: 'account' },
  { purpose: 'service', rule: 'account' },
  { purpose: 'marketing', rule: 'account', when: { marketingOptIn: true } },
];
const memberUsesWithoutMarketing = memberUses.filter(({ purpose }) => purpose !== 'marketing');

const cookieUses: Use[] = [
  { purpose: 'membership', rule: 'session-cookie', when: { cookieKind: ['session'] } },
  { purpose: 'membership', rule: 'other-cookie', when: { cookieKind: ['feature'] } },
  { purpose: 'statistics', rule: 'other-cookie', when: { cookieKind: ['analytics'] } },
  { purpose: 'quality', rule: 'other-cookie', when: { cookieKind: ['analytics'] } },
];

const paymentUses: Use[] = [{ purpose: 'payment', rule: 'contract' }];

const campaignUses: Use[] = [
  { purpose: 'service', rule: 'campaign' },
  { purpose: 'marketing', rule: 'campaign', when: { marketingOptIn: true } },
];

const inquiryUses: Use[] = [{ purpose: 'service', rule: 'inquiry' }];

const accessAuthUses: Use[] = [{ purpose: 'membership', rule: 'access-auth' }];

const group = (label: Labels, uses: Use[], floors?: string[]): GroupRules => ({
  label,
  uses,
  ...(floors === undefined ? {} : { floors }),
  source: operator('PM'),
});

const identifiers = {
  ja: '識別子（会員ID・クッキーIDなど）',
  en: 'Identifiers (member ID, cookie ID and the like)',
};

export const shippedRules: PolicyRules = {
  operator: {
    // Blank in the published text: the policy check says so until it is filled in.
    contact: null,
    fiscalYearEndMonth: 3,
    disclosureFee: 0,
    court: { ja: '東京地方裁判所', en: 'Tokyo District Court' },
  },

  purposes: {
    membership: {
      label: {
        ja: '会員登録・本人確認・不正利用の防止',
        en: 'Membership, identity checks, prevention of misuse',
      },
      source: policy('P1'),
    },
    service: {
      label: {
        ja: 'お知らせ・回答・懸賞・発送などサービスの運営',
        en: 'Running the services: notices, answers, raffles, delivery',
      },
      source: policy('P2'),
    },
    payment: { label: { ja: '有料サービスの決済', en: 'Payment of paid services' }, source: policy('P3') },
    statistics: { label: { ja: '利用状況の統計', en: 'Statistics of use' }, source: policy('P4') },
    development: {
      label: { ja: '新しいサービスの開発', en: 'Development of new services' },
      unused: { ja: '割り当てた情報はない', en: 'No data are assigned to it' },
      source: policy('P4'),
    },
    marketing: { label: { ja: '広告・宣伝のご案内', en: 'Marketing and advertising' }, source: policy('P4') },
    quality: {
      label: { ja: 'サービスとサイトの品質向上', en: 'Quality of services and site' },
      source: policy('G1'),
    },
  },

  categories: {
    C1: {
      label: { ja: '会員登録情報', en: 'Registration' },
      source: policy('C1'),
      groups: {
        subject: group(identifiers, memberUses),
        identity: group({ ja: '氏名・連絡先', en: 'Name and contact' }, memberUses),
        organisation: group({ ja: '所属', en: 'Organisation' }, memberUsesWithoutMarketing),
      },
    },
    C2: {
      label: { ja: 'プロフィール情報', en: 'Profile' },
      source: policy('C2'),
      groups: {
        subject: group(identifiers, memberUses),
        identity: group({ ja: '表示名・連絡先', en: 'Display name and contact' }, memberUses),
        profile: group(
          { ja: '所属・役職・生年月日・住所', en: 'Organisation, position, birthday, address' },
          memberUsesWithoutMarketing,
        ),
      },
    },
    C3: {
      label: { ja: 'クッキー', en: 'Cookies' },
      source: policy('C3'),
      groups: {
        subject: group(identifiers, cookieUses),
        usage: group({ ja: '機能・閲覧・利用時間', en: 'Features, pages, times of use' }, cookieUses),
      },
    },
    C4: {
      label: { ja: 'アクセス情報', en: 'Access' },
      source: policy('C4'),
      groups: {
        subject: group(identifiers, accessAuthUses),
        auth: group(
          { ja: 'IPアドレス・端末・認証結果', en: 'IP address, device, outcome of log-in' },
          accessAuthUses,
        ),
        usage: group({ ja: '閲覧したページ', en: 'Pages requested' }, [
          { purpose: 'statistics', rule: 'access-usage' },
        ]),
      },
    },
    C5: {
      label: { ja: '決済情報', en: 'Payment' },
      source: policy('C5'),
      groups: {
        subject: group(identifiers, paymentUses),
        books: group(
          {
            ja: '帳簿と証憑（請求番号・金額・明細・支払者名）',
            en: 'Books and vouchers: invoice, amount, items, payer',
          },
          paymentUses,
          ['company-books', 'tax-books', 'tax-books-loss-year'],
        ),
        contact: group({ ja: '請求先', en: 'Billing contact' }, paymentUses),
        card: group(
          {
            ja: 'カードの識別情報（番号は含まない）',
            en: 'Card token, brand, last digits; never the number',
          },
          paymentUses,
        ),
      },
    },
    C6: {
      label: { ja: 'キャンペーン情報', en: 'Campaigns' },
      source: policy('C6'),
      groups: {
        subject: group(identifiers, campaignUses),
        contact: group({ ja: '氏名・連絡先・送付先', en: 'Name, contact, delivery address' }, campaignUses),
        answers: group({ ja: 'アンケートの回答', en: 'Answers' }, [{ purpose: 'service', rule: 'campaign' }]),
      },
    },
    C7: {
      label: { ja: '問い合わせ情報', en: 'Inquiries' },
      source: policy('C7'),
      groups: {
        subject: group(identifiers, inquiryUses),
        contact: group({ ja: '氏名・連絡先', en: 'Name and contact' }, inquiryUses),
        message: group({ ja: '問い合わせの内容', en: 'What was asked' }, inquiryUses),
      },
    },
  },

  retention: {
    account: {
      label: { ja: '退会から30日', en: '30 days after the account is closed' },
      start: 'account-closed',
      period: 'P30D',
      cap: { period: 'P24M', from: 'last-use', then: 'review' },
      source: untilNotNeeded('PM'),
    },
    'session-cookie': {
      label: { ja: '取得から30日', en: '30 days' },
      start: 'collection',
      period: 'P30D',
      source: untilNotNeeded('C3'),
    },
    'other-cookie': {
      label: { ja: '取得から13か月', en: '13 months' },
      start: 'collection',
      period: 'P13M',
      source: untilNotNeeded('C3'),
    },
    'access-auth': {
      label: { ja: '取得から1年', en: 'One year' },
      start: 'collection',
      period: 'P1Y',
      source: untilNotNeeded('C4'),
    },
    'access-usage': {
      label: { ja: '取得から90日', en: '90 days' },
      start: 'collection',
      period: 'P90D',
      source: untilNotNeeded('C4'),
    },
    contract: {
      label: { ja: '契約の終了まで', en: 'Until the contract ends' },
      start: 'contract-ended',
      period: 'P0D',
      cap: { period: 'P24M', from: 'last-use', then: 'review' },
      source: untilNotNeeded('C5'),
    },
    campaign: {
      label: { ja: '抽選または発送から90日', en: '90 days after draw or delivery' },
      start: 'draw-or-delivery',
      period: 'P90D',
      cap: { period: 'P1Y', from: 'collection', then: 'erase' },
      source: untilNotNeeded('C6'),
    },
    inquiry: {
      label: { ja: '対応の完了から1年', en: 'One year after the inquiry is closed' },
      start: 'inquiry-closed',
      period: 'P1Y',
      cap: { period: 'P3Y', from: 'collection', then: 'erase' },
      source: untilNotNeeded('C7'),
    },
    entrusted: {
      label: { ja: '委託契約の終了から30日', en: "30 days after the customer's contract ends" },
      start: 'contract-ended',
      period: 'P30D',
      cap: { period: 'P24M', from: 'last-use', then: 'review' },
      source: untilNotNeeded('X2'),
    },
  },

  floors,

  entrusted: {
    label: { ja: '顧客からの委託による取扱い', en: 'Handled for a customer' },
    rule: 'entrusted',
    source: policy('X2'),
  },

  bases,
  rights,
  answerWithin: {
    period: 'P14D',
    zone: 'Asia/Tokyo',
    source: { row: 'R7', article: 'APPI 39', decidedBy: 'operator' },
  },

  starts,
};
