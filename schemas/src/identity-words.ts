import type { Labels } from './policy/labels.ts';

/*
 * What can be shown to prove who somebody is, and what can be missing from it (R9, APPI 37). Kinds only: no number of a
 * document and nothing that stands in it is kept.
 */

const word = (ja: string, en: string): Labels => ({ ja, en });

/** One with a photograph is enough; of the others it takes two (see `documentsSuffice`). */
export const identityDocuments = {
  'driving-licence': { label: word('運転免許証', 'driving licence'), photo: true },
  'my-number-card': {
    label: word('マイナンバーカード（表面のみ）', 'My Number card (front only)'),
    photo: true,
  },
  passport: { label: word('旅券', 'passport'), photo: true },
  'residence-card': { label: word('在留カード', 'residence card'), photo: true },
  'special-residence-certificate': {
    label: word('特別永住者証明書', 'special permanent resident certificate'),
    photo: true,
  },
  'disability-handbook': { label: word('障害者手帳', 'disability handbook'), photo: true },
  'health-insurance-certificate': {
    label: word('健康保険の資格確認書', 'certificate of health insurance'),
    photo: false,
  },
  'pension-document': { label: word('年金手帳・基礎年金番号通知書', 'pension document'), photo: false },
  'residence-record': { label: word('住民票の写し', 'copy of the residence record'), photo: false },
  'seal-registration': { label: word('印鑑登録証明書', 'seal registration certificate'), photo: false },
} as const satisfies Record<string, { label: Labels; photo: boolean }>;
export type IdentityDocument = keyof typeof identityDocuments;

/** Who may ask in another's name, and by what each proves it. */
export const representations = {
  'legal-representative': {
    label: word('法定代理人', 'legal representative'),
    proofs: ['family-register', 'residence-record-with-relation', 'guardianship-certificate', 'court-order'],
  },
  mandated: {
    label: word('委任による代理人', 'mandated agent'),
    proofs: ['power-of-attorney', 'power-of-attorney-with-seal', 'lawyers-power-of-attorney'],
  },
} as const;
export type Representation = keyof typeof representations;
export type AuthorityDocument = (typeof representations)[Representation]['proofs'][number];

export const authorityDocuments: Record<AuthorityDocument, Labels> = {
  'family-register': word('戸籍謄本・抄本', 'extract of the family register'),
  'residence-record-with-relation': word('続柄の記載された住民票', 'residence record naming the relation'),
  'guardianship-certificate': word('後見登記等の登記事項証明書', 'certificate of registered guardianship'),
  'court-order': word('家庭裁判所の審判書', 'order of the family court'),
  'power-of-attorney': word('委任状', 'power of attorney'),
  'power-of-attorney-with-seal': word(
    '委任状（実印・印鑑登録証明書付き）',
    'power of attorney with registered seal and its certificate',
  ),
  'lawyers-power-of-attorney': word('弁護士等への委任状', 'power of attorney for a lawyer'),
};

/** What a check that failed lacks: the notice to the person names it, Japanese first (APPI 37). */
export const identityMissing = {
  confirmation: word(
    'ご本人であることの確認（登録済みの連絡先への確認コード、ログイン、または本人確認書類）',
    'a confirmation that it is you: a code to the contact we have, a sign-in, or identity documents',
  ),
  'identity-document': word('本人確認書類', 'an identity document'),
  'second-identity-document': word(
    '本人確認書類（顔写真のないものは2種類）',
    'a second identity document, as those without a photograph count two together',
  ),
  'authority-document': word('代理権を証明する書類', 'a document that proves the agent’s authority'),
  'agent-identity-document': word('代理人ご自身の本人確認書類', 'the agent’s own identity document'),
  'second-agent-identity-document': word(
    '代理人ご自身の本人確認書類（顔写真のないものは2種類）',
    'a second identity document of the agent, as those without a photograph count two together',
  ),
  'matching-details': word(
    '書類の記載と登録内容の一致',
    'documents whose details agree with what is registered',
  ),
} as const satisfies Record<string, Labels>;
export type IdentityMissing = keyof typeof identityMissing;
