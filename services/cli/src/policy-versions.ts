import type { Command } from 'commander';
import { versionsAnswerSchema, type Labels, type PolicyVersionView } from '@keiro/schemas';
import { asking } from './ask.ts';
import { isTerminal, languageOption, painter, print, renderTable, say, type Language } from './output.ts';

const words = {
  version: { ja: '版', en: 'version' },
  established: { ja: '制定', en: 'established' },
  announced: { ja: '公表', en: 'announced' },
  effective: { ja: '施行', en: 'effective' },
  state: { ja: '状態', en: 'state' },
  text: { ja: '本文', en: 'text' },
  origin: { ja: '出所', en: 'from' },
  decided: { ja: '判断', en: 'decided' },
} as const satisfies Record<string, Labels>;

const states: Readonly<Record<PolicyVersionView['state'], Labels>> = {
  past: { ja: '過去', en: 'past' },
  'in-force': { ja: '施行中', en: 'in force' },
  announced: { ja: '公表済み・施行前', en: 'announced' },
};
const origins: Readonly<Record<PolicyVersionView['origin'], Labels>> = {
  file: { ja: '方針ファイル', en: 'file' },
  published: { ja: '公表', en: 'published' },
};
const texts: Readonly<Record<PolicyVersionView['text'], Labels>> = {
  known: { ja: 'あり', en: 'known' },
  unknown: { ja: '不明', en: 'unknown' },
};
const needs: Readonly<Record<'notice' | 'consent', Labels>> = {
  notice: { ja: '通知または公表', en: 'notice' },
  consent: { ja: '本人の同意', en: 'consent' },
};

/** `keiro policy versions`: every version with its dates, which one is in force, and where each is from. */
export function registerVersions(policy: Command): void {
  policy
    .command('versions')
    .description('every version with its dates, whether it is in force, and where it is from')
    .option('--json', 'the answer as data')
    .addOption(languageOption())
    .action(async ({ lang, json }: { lang: Language; json?: boolean }) => {
      const answer = await asking('request')({ path: '/v1/policy/versions' }, versionsAnswerSchema);
      if (json === true) print(JSON.stringify(answer, null, 2));
      else print(versionsTable(answer.versions, lang));
    });
}

/** Dates are days in Japan; `unknown` is said, never left out. Pure but for the colours of a terminal. */
function versionsTable(versions: readonly PolicyVersionView[], lang: Language): string {
  const header = Object.values(words).map((word) => say(word, lang));
  const day = (given: string) => (given === 'unknown' ? say(texts.unknown, lang) : given);
  const rows = versions.map((one) => [
    one.version,
    one.established,
    day(one.announced),
    one.effective,
    say(states[one.state], lang),
    say(texts[one.text], lang),
    say(origins[one.origin], lang),
    (one.published?.decisions ?? [])
      .map(({ purpose, needs: need }) => `${purpose}: ${say(needs[need], lang)}`)
      .join('; '),
  ]);
  return renderTable(header, rows, painter(isTerminal()));
}
