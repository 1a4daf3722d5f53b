import type { Labels, NoticeKind, NoticeView, Policy, RequestDocument } from '@keiro/schemas';
import { dayInJapan, identityMissing } from '@keiro/schemas';
import { lifeOf, type Life, type Notice } from './lifecycle/evolve.ts';
import { rightRules } from './rights.ts';
import { typeLabels } from './type-labels.ts';

/*
 * What the person is told (APPI 33(3), 34(3), 35(7), 36; R9), in Japanese and English. Nothing in a text tells who it is
 * for or what is held: whoever sends it adds the address.
 */

/** What a text may speak of. */
interface Told {
  readonly request: RequestDocument;
  readonly life: Life;
  readonly policy: Policy;
  readonly name: Labels;
  readonly due: string;
}

const texts: Readonly<Record<NoticeKind, (told: Told) => { subject: Labels; text: Labels }>> = {
  accepted: ({ name, due }) =>
    said(
      [`${name.ja}のご請求を受け付けました`, `Your request is accepted: ${name.en}`],
      [`${name.ja}のご請求を受け付け、手続を始めました。${due}までに結果をお知らせします。`],
      [
        `We have accepted your request (${name.en}) and begun to carry it out. You will hear the outcome by ${due}.`,
      ],
    ),
  completed: ({ name, request, policy }) =>
    said(
      [`${name.ja}の手続が完了しました`, `Your request is carried out: ${name.en}`],
      [
        `${name.ja}のご請求について、必要な措置をとりましたのでお知らせします。`,
        ...keptText(request, policy).ja,
        ...(request.type === 'third-party-denial'
          ? ['すでに提供した情報を保有する提供先には、利用の停止を求めました。']
          : []),
      ],
      [
        `What your request (${name.en}) asks for has been done.`,
        ...keptText(request, policy).en,
        ...(request.type === 'third-party-denial'
          ? ['Recipients who hold information that was provided earlier were told to stop using it.']
          : []),
      ],
    ),
  answered: ({ name }) =>
    said(
      [`${name.ja}について回答しました`, `Your request is answered: ${name.en}`],
      [`${name.ja}のご請求について回答します。回答の内容は別添のとおりです。`],
      [`Here is the answer to your request (${name.en}); it comes with this notice.`],
    ),
  'nothing-held': ({ name }) =>
    said(
      [`${name.ja}のご請求について：該当する情報はありません`, `Your request (${name.en}): nothing is held`],
      ['ご請求の時点で、お示しいただいた事項に該当する個人情報を当社は保有していません。'],
      ['At the time of your request we held no personal information by what you gave us to look for.'],
    ),
  refused: (told) => refusal(told, true),
  'refused-in-part': (told) => refusal(told, false),
  incomplete: ({ name, life, due }) =>
    said(
      [`${name.ja}のご請求に不足があります`, `Your request is incomplete: ${name.en}`],
      [
        'ご本人からの請求であることを確認できていないため、手続を進められません。請求は取り消されていません。',
        ...(life.missing.length === 0
          ? []
          : [`足りないもの：${life.missing.map((one) => missingLabel(one).ja).join('、')}`]),
        `不足を補っていただければ手続を再開します。回答の期限（${due}）は変わりません。`,
      ],
      [
        'It has not been confirmed that the person asked, so that we cannot go on. The request still stands.',
        ...(life.missing.length === 0
          ? []
          : [`Missing: ${life.missing.map((one) => missingLabel(one).en).join(', ')}`]),
        `We go on as soon as that is completed. The day of our answer (${due}) stays as it is.`,
      ],
    ),
  fee: ({ name, life, policy }) => {
    const yen = String(life.fee?.yen ?? policy.rules.fees.disclosure);
    const until = life.fee === undefined ? '' : dayInJapan(life.fee.until);
    return said(
      [`${name.ja}の手数料のご案内`, `The fee for your request: ${name.en}`],
      [
        `${name.ja}には手数料として${yen}円が必要です（個人情報保護法38条）。${until}までにお支払いください。期限までに確認できない場合、ご請求は終了します。`,
      ],
      [
        `A fee of ${yen} yen is due for this request (APPI 38). Please pay by ${until}; otherwise the request ends.`,
      ],
    );
  },
  lapsed: ({ name }) =>
    said(
      [`${name.ja}のご請求は終了しました`, `Your request has ended: ${name.en}`],
      ['期限までに手数料のお支払いを確認できなかったため、ご請求を終了しました。改めてご請求いただけます。'],
      ['The fee was not paid in time, so that the request has ended. You may ask again.'],
    ),
  held: ({ name }) =>
    said(
      [`${name.ja}の実施を延期しています`, `Your request has to wait: ${name.en}`],
      [
        `${name.ja}のご請求は受け付けました。法的手続のため、情報の消去が一時的にできません。それまでの間、情報は他の目的に一切利用しません。`,
        '保全の必要がなくなり次第、改めてご請求いただかなくても消去し、その結果をお知らせします。',
      ],
      [
        `Your request (${name.en}) stands. A legal proceeding keeps us from erasing for now; until then nothing of it is used for anything else.`,
        'As soon as that is over we erase it without being asked again, and tell you so.',
      ],
    ),
  'rest-erased': ({ name, request }) =>
    said(
      [`${name.ja}：法令により保存していた情報も消去しました`, `What a law kept is erased too: ${name.en}`],
      [
        `${name.ja}のご請求の際に法令により保存した情報は、保存期間が終わったため、すべて消去しました。`,
        `根拠となっていた法令：${lawsOf(request).join('、')}`,
      ],
      [
        `When we carried out your request (${name.en}), a law kept us from erasing some of it. Its period is over, and all of that is erased now.`,
        `The law was: ${lawsOf(request).join(', ')}`,
      ],
    ),
  withdrawn: ({ name }) =>
    said(
      [`${name.ja}のご請求を取り下げました`, `Your request is withdrawn: ${name.en}`],
      ['お申し出により、ご請求を取り下げました。改めてご請求いただけます。'],
      ['The request was withdrawn as you asked. You may ask again.'],
    ),
};

/** R4: what stays of what was erased, why, and until when: in names of the policy, so that it tells nothing of the person. */
function keptText({ kept = [] }: RequestDocument, policy: Policy): { ja: string[]; en: string[] } {
  if (kept.length === 0) return { ja: [], en: [] };
  const lines = kept.map(({ label, why, law, until, start }) => {
    const starts: Readonly<Record<string, Labels | undefined>> = policy.rules.starts;
    const waitsFor = start === undefined ? undefined : starts[start];
    const day = until === undefined ? undefined : dayInJapan(until);
    return {
      ja: `・${label.ja}：${why.ja}（${law}）により、${day === undefined ? `期限未定${waitsFor === undefined ? '' : `（${waitsFor.ja}から起算）`}` : `${day}まで`}`,
      en: `- ${label.en}: ${why.en} (${law}), ${day === undefined ? `no end yet${waitsFor === undefined ? '' : ` (it runs from: ${waitsFor.en})`}` : `until ${day}`}`,
    };
  });
  return {
    ja: [
      '次の情報は法令により保存が義務付けられているため、消去せずに保存しています。他の目的には一切利用しません。期間が終わり次第、改めてご請求いただかなくても消去します。',
      ...lines.map(({ ja }) => ja),
    ],
    en: [
      'The law makes us keep the following, which is therefore not erased. It is used for nothing else, and erased when its period ends, without being asked again.',
      ...lines.map(({ en }) => en),
    ],
  };
}

const lawsOf = ({ kept = [] }: RequestDocument): string[] => [...new Set(kept.map(({ law }) => law))];

/** R9: the ground as the policy names it, and the reason (APPI 35(7), 36). */
function refusal({ name, life, policy, request }: Told, isWhole: boolean): { subject: Labels; text: Labels } {
  const last = life.refusals.findLast(({ parts }) => (parts.length === 0) === isWhole);
  const ground = labelOfGround(last?.ground ?? '', policy);
  const { articles } = rightRules[request.type];
  const law = articles.map((one) => lawLabel(one).ja).join('、');
  const parts = (last?.parts ?? []).join(', ');
  return said(
    isWhole
      ? [`${name.ja}のご請求に応じられません`, `Your request is refused: ${name.en}`]
      : [`${name.ja}のご請求の一部に応じられません`, `Your request is refused in part: ${name.en}`],
    [
      isWhole
        ? `${name.ja}のご請求について、次のとおり応じられないことを決定しましたのでお知らせします。`
        : `${name.ja}のご請求のうち、次の部分には応じられません（${parts}）。その他の部分については手続を進めます。`,
      `根拠：${ground.ja}`,
      `理由：${last?.reason.ja ?? ''}`,
      `この決定に不服がある場合は、プライバシーポリシー10条の窓口にお申し出ください。${law === '' ? '' : `（ご請求の根拠：${law}）`}`,
    ],
    [
      isWhole
        ? `We have decided not to grant your request (${name.en}).`
        : `These parts of your request (${name.en}) are not granted: ${parts}. We go on with the rest.`,
      `Ground: ${ground.en}`,
      `Reason: ${last?.reason.en ?? ''}`,
      `If you disagree, write to the contact in section 10 of the privacy policy.${articles.length === 0 ? '' : ` (Asked under ${articles.join(', ')}.)`}`,
    ],
  );
}

const said = (
  [ja, en]: readonly [string, string],
  japanese: readonly string[],
  english: readonly string[],
): { subject: Labels; text: Labels } => ({
  subject: { ja, en },
  text: { ja: japanese.join('\n'), en: english.join('\n') },
});

const lawLabel = (article: string): Labels => ({
  ja: article.replace(/^APPI (\d+)(?:\((\d+)\))?$/, (_all, number: string, paragraph?: string) =>
    paragraph === undefined ? `個人情報保護法${number}条` : `個人情報保護法${number}条${paragraph}項`,
  ),
  en: article,
});

export const labelOfGround = (ground: string, policy: Policy): Labels =>
  policy.rules.grounds[ground]?.label ?? { ja: ground, en: ground };

const missing: Readonly<Record<string, Labels>> = {
  ...identityMissing,
  'identifiers-of-one-person': {
    ja: 'お一人の方に結び付く識別情報',
    en: 'identifiers that lead to one and the same person',
  },
  code: { ja: '確認コードの入力', en: 'the one-time code' },
  session: { ja: 'ログインによる確認', en: 'a signed-in session' },
  document: { ja: '本人確認書類', en: 'an identity document' },
  'power-of-attorney': { ja: '委任状', en: 'a power of attorney' },
  'agent-identity': { ja: '代理人の本人確認書類', en: 'an identity document of the agent' },
};
const missingLabel = (name: string): Labels => missing[name] ?? { ja: name, en: name };

/** A notice with its text, under the policy in force. Pure. */
export function noticeOf(request: RequestDocument, notice: Notice, policy: Policy): NoticeView {
  // As it was when the notice became due: what came later is told by later ones.
  const life = lifeOf((request.events ?? []).filter(({ n }) => n <= notice.n));
  const name = typeLabels[request.type];
  const { subject, text } = texts[notice.kind]({
    request,
    life,
    policy,
    name,
    due: dayInJapan(request.dueAt),
  });
  return {
    request: request._id,
    type: request.type,
    n: notice.n,
    kind: notice.kind,
    dueSince: notice.at.toISOString(),
    ...(notice.sentAt === undefined ? {} : { sentAt: notice.sentAt.toISOString() }),
    subject,
    text,
  };
}

/** All notices of a request, in order. Pure. */
export const noticesOf = (request: RequestDocument, policy: Policy): NoticeView[] =>
  lifeOf(request.events ?? []).notices.map((notice) => noticeOf(request, notice, policy));
