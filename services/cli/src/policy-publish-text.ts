import type { Labels, PolicyPublication, PolicyRules } from '@keiro/schemas';

/** What a publication asks of the operator, as a person reads it; see `publicationText`. */
const words = {
  takesEffect: (day: string): Labels => ({
    ja: `${day} 0:00（日本時間）に施行されます。それまでの記録は、取得したときの版のままです。`,
    en: `It takes effect on ${day} at 0:00 (Japan). Records until then keep the version under which they were collected.`,
  }),
  announced: (day: string): Labels => ({
    ja: `公表（9条）: ${day} に改定日と改定後の文を公表したものとして記録します。施行後も掲示してください。`,
    en: `announcement (section 9): recorded as made on ${day}, date and new text; keep it posted.`,
  }),
  notice: (purpose: string): Labels => ({
    ja: `通知または公表（個人情報保護法21条3項）: 「${purpose}」の変更を、施行日までに本人に通知するか公表する。`,
    en: `notice (APPI 21(3)): notify people of the change of "${purpose}", or publish it, before that day.`,
  }),
  consent: (purpose: string): Labels => ({
    ja: `本人の同意（18条1項）: 「${purpose}」は前の目的と関連する範囲を超えます。同意があるまで、前の版で取得した記録はこれに使われません。`,
    en: `consent (APPI 18(1)): "${purpose}" goes beyond what it was. What was collected under earlier versions is not used for it until people agree.`,
  }),
  earlier: (version: string, records: string): Labels => ({
    ja: `${version} の版の記録 ${records} 件は比較していません: npx keiro policy diff ${version} 新しい版`,
    en: `${records} records under ${version} were not compared: npx keiro policy diff ${version} THE-NEW-ONE`,
  }),
} as const;

/** When it takes effect, and what has to be done until then, for each purpose that changes. Pure. */
export function publicationText(
  publication: PolicyPublication,
  rules: PolicyRules,
  lang: 'ja' | 'en',
): string[] {
  const { effective, announced, decisions, underEarlier } = publication;
  return [
    words.takesEffect(effective),
    words.announced(announced),
    ...decisions.map(({ purpose, needs }) => words[needs](rules.purposes[purpose].label[lang])),
    ...underEarlier.map(({ version, records }) => words.earlier(version, String(records))),
  ].map((labels) => labels[lang]);
}
