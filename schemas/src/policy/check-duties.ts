import { property } from './clause-of.ts';
import { found, type Found } from './findings.ts';
import { headingOf } from './headings.ts';
import { hasJapanese } from './japanese.ts';
import type { Path } from './places.ts';
import { basesAbroad } from './schema-duties.ts';
import type { SoundParts } from './sound.ts';

/** What is owed to persons and asked of recipients, the versions and their dates, and the text itself. Pure. */
export function checkDuties(parts: SoundParts, content: unknown): Found[] {
  return [
    ...(parts.contact?.address === null ? [found('blank-contact', 'contact', 'address')] : []),
    ...basisFindings(parts),
    ...recipientFindings(parts),
    ...rightFindings(parts),
    ...versionFindings(parts),
    ...sectionFindings(parts),
    ...articleFindings(content, parts.names('law')),
    ...textFindings(content),
  ];
}

function basisFindings({ bases, names }: SoundParts): Found[] {
  const known = new Set([...names('bases'), ...basesAbroad]);
  return bases.flatMap(([id, basis]) =>
    (['atHome', 'abroad'] as const).flatMap((side) => {
      const { verdict, with: beside = [] } = basis[side];
      const path = ['bases', id, side];
      const unknown = beside.flatMap((name, index) =>
        known.has(name) ? [] : [found('unknown-name', ...path, 'with', index)],
      );
      const isBare = verdict === 'only-with' && beside.length === 0;
      return isBare && side === 'abroad' ? [found('overseas-without-basis', ...path)] : unknown;
    }),
  );
}

/** What the register of holders must hold of each recipient is itself promised: T1, T3 and T4 name it. */
function recipientFindings({ entrustment, drSite, jointUse }: SoundParts): Found[] {
  const unchecked = (['qualification', 'contract'] as const).filter(
    (part) => entrustment?.[part].length === 0,
  );
  const lacks = announcedItems.some((item) => jointUse?.announced.includes(item) === false);
  return [
    ...unchecked.map((part) => found('processor-unchecked', 'entrustment', part)),
    ...(drSite?.bases.length === 0 ? [found('overseas-without-basis', 'drSite', 'bases')] : []),
    ...(lacks ? [found('joint-use-incomplete', 'jointUse', 'announced')] : []),
  ];
}

/** T4: the policy names these four. */
const announcedItems = ['purpose', 'partner', 'items', 'administrator'] as const;

function rightFindings({ rights, names }: SoundParts): Found[] {
  const clocks = names('clocks');
  const grounds = names('grounds');
  return rights.flatMap(([id, right]) => [
    ...(clocks.has(right.clock) ? [] : [found('right-without-clock', 'rights', id, 'clock')]),
    ...right.grounds.flatMap((ground, index) =>
      grounds.has(ground) ? [] : [found('unknown-name', 'rights', id, 'grounds', index)],
    ),
    ...(right.feeAllowed && id !== 'disclosure'
      ? [found('fee-not-allowed', 'rights', id, 'feeAllowed')]
      : []),
  ]);
}

/** Each version follows the one before, is announced no later than it counts, and has rules: its own or the newest's. */
function versionFindings({ versions, names }: SoundParts): Found[] {
  // Their order says something only where each of them could be read.
  if (versions.length < names('versions').size) return [];
  const newest = versions.at(-1);
  return versions.flatMap((one, index): Found[] => {
    const before = versions[index - 1];
    const isBehind = before !== undefined && before.effective >= one.effective;
    const isLate = one.announced !== 'unknown' && one.announced > one.effective;
    const hasRules = one.rulesOf === newest?.version && (one === newest) === (one.text === 'known');
    return [
      ...(isBehind ? [found('dates-out-of-order', 'versions', index, 'effective')] : []),
      ...(isLate ? [found('dates-out-of-order', 'versions', index, 'announced')] : []),
      ...(one.established > one.effective
        ? [found('dates-out-of-order', 'versions', index, 'established')]
        : []),
      ...(hasRules ? [] : [found('version-without-rules', 'versions', index)]),
    ];
  });
}

function sectionFindings({ clauses, names }: SoundParts): Found[] {
  const sections = names('sections');
  return clauses
    .filter(([, { section }]) => !sections.has(headingOf(section)))
    .map(([id]) => found('unknown-name', 'clauses', id, 'section'));
}

/** Whatever cites an article cites one whose standing is said. */
function articleFindings(content: unknown, known: ReadonlySet<string>): Found[] {
  const isKnown = (name: unknown) => typeof name !== 'string' || known.has(name);
  return leavesOf(content).flatMap(({ path, value }) => {
    const [part, , third] = path;
    const parent = path.at(-2);
    const cites =
      path.at(-1) === 'article' || parent === 'articles' || (part === 'floors' && third === 'law');
    return cites && !isKnown(value) ? [found('unknown-name', ...path)] : [];
  });
}

/** L2: a Japanese text is Japanese. An address may be one of Latin letters alone. */
function textFindings(content: unknown): Found[] {
  return leavesOf(content)
    .filter(({ path, value }) => path.at(-1) === 'ja' && path[0] !== 'contact' && isForeign(value))
    .map(({ path }) => found('no-japanese', ...path));
}

const isForeign = (value: unknown) => typeof value === 'string' && value !== '' && !hasJapanese(value);

function leavesOf(value: unknown, path: Path = []): { path: Path; value: unknown }[] {
  if (typeof value !== 'object' || value === null) return [{ path, value }];
  return Object.keys(value).flatMap((key) =>
    leavesOf(property(value, key), [...path, Array.isArray(value) ? Number(key) : key]),
  );
}
