import {
  digestOf,
  issuedCertificatesSchema,
  supersedingLabels,
  type Certificate,
  type IssuedCertificates,
} from '@keiro/schemas';
import { asking } from './ask.ts';
import { align, at, say, type Language, type Paint } from './output.ts';

/** All certificates of a request, as the request service knows them. */
export const lastWord = (request: string): Promise<IssuedCertificates> =>
  asking('request')(
    { path: `/v1/requests/${encodeURIComponent(request)}/certificates` },
    issuedCertificatesSchema,
  );

const words = {
  none: {
    ja: '証明書はありません。請求の完了が監査記録に封印されると、数秒で発行されます。',
    en: 'There is none: one is issued seconds after the end of the request was sealed.',
  },
  last: { ja: '最新', en: 'the last word' },
  superseded: { ja: '置き換え済み', en: 'superseded by' },
  reopened: { ja: '再開後、未発行', en: 'reopened, and none was issued since' },
} as const;

/** One line each. Pure. */
export function listText(
  { certificates, reopened }: IssuedCertificates,
  lang: Language,
  paint: Paint,
): string {
  if (certificates.length === 0) return say(words.none, lang);
  const rows = certificates.map(({ id, issuedAt, outcome, superseded }) => [
    id,
    `${at(issuedAt)} JST`,
    outcome,
    superseded === undefined
      ? reopened === undefined
        ? paint('green', say(words.last, lang))
        : paint('red', `${say(words.reopened, lang)}: ${say(supersedingLabels[reopened.because], lang)}`)
      : paint(
          'yellow',
          `${say(words.superseded, lang)} ${superseded.by}: ${say(supersedingLabels[superseded.because], lang)}`,
        ),
  ]);
  return align(rows).join('\n');
}

/** What a certificate takes the place of, and, where that was asked, what has taken its own. Pure. */
export function standingText(
  certificate: Certificate,
  issued: IssuedCertificates | undefined,
  paint: Paint,
): string[] {
  const { id, supersedes } = certificate.content;
  const known = issued?.certificates.find((one) => one.id === id);
  const lines =
    supersedes === undefined
      ? []
      : [
          `${supersedes.id} に代わるものです。 Supersedes ${supersedes.id} (digest ${supersedes.digest}): ${supersedingLabels[supersedes.because].en}.`,
        ];
  if (issued === undefined) return lines;
  if (known?.digest !== digestOf(certificate))
    return [...lines, paint('red', '発行記録にありません。 The request service has not issued this one.')];
  if (known.superseded !== undefined)
    return [
      ...lines,
      paint(
        'yellow',
        `${known.superseded.by} に置き換えられています。 Superseded by ${known.superseded.by}: ${supersedingLabels[known.superseded.because].en}.`,
      ),
    ];
  if (issued.reopened !== undefined)
    return [
      ...lines,
      paint(
        'yellow',
        `請求が再開されています。 No longer the last word: the request was reopened at ${issued.reopened.at}, and has no certificate since.`,
      ),
    ];
  return [...lines, paint('green', '最新の証明書です。 The last word about this request.')];
}
