import type { Labels, LineageAnswer, LineageCopy, LineageHolder, LineageRecord } from '@keiro/schemas';
import { consentNodes, factNodes } from './fact-tree.ts';
import { groupNodes } from './group-tree.ts';
import { at, leaves, number, say, type Node } from './output.ts';
import { keptText } from './kept-words.ts';
import { purposeList, requestNode, type TreeOptions } from './request-tree.ts';
import { holderKindWord, kindWord, stateWord, words } from './words.ts';

interface LineageTreeOptions extends TreeOptions {
  /** Records listed one by one in each category; the others are counted. */
  readonly perCategory: number;
}

/** An answer as a person reads it: person, records by category, copies by holder, transfers, requests. Pure. */
export function lineageTree(answer: LineageAnswer, options: LineageTreeOptions): Node[] {
  const { language, paint } = options;
  const heading = (labels: Labels, count?: number) =>
    paint('bold', say(labels, language)) + (count === undefined ? '' : `  ${number(count)}`);
  const section = (labels: Labels, count: number, children: Node[]): Node[] =>
    children.length === 0 ? [] : [{ text: heading(labels, count), children }];
  return [
    { text: `${heading(words.lineage)}  ${at(answer.asOf)} JST` },
    ...personSection(answer, options),
    ...section(words.forReview, answer.review.length, reviewNodes(answer, options)),
    ...section(words.records, answer.page.total, categoryNodes(answer, options)),
    ...section(words.facts, answer.facts.total, factNodes(answer, options)),
    ...section(words.consents, answer.consents.length, consentNodes(answer, options)),
    ...section(words.transfers, answer.transfers.length, transferNodes(answer, options)),
    ...section(
      words.requests,
      answer.requests.length,
      answer.requests.map((request) => requestNode(request, answer.holders, options)),
    ),
    ...section(
      words.quarantine,
      answer.quarantined.total,
      Object.entries(answer.quarantined.byReason).map(([reason, n]) => ({ text: `${reason}  ${number(n)}` })),
    ),
    {
      text: heading(words.notes),
      children: answer.notes.flatMap((note) =>
        language === 'both'
          ? [{ text: note.ja, children: [{ text: paint('dim', note.en) }] }]
          : [{ text: note[language] }],
      ),
    },
  ];
}

/** A blind index in short: enough to tell one from another on a screen. */
const short = (ref: string) => (ref.length > 18 ? `${ref.slice(0, ref.indexOf('.') + 9)}…` : ref);

function personSection(answer: LineageAnswer, options: LineageTreeOptions): Node[] {
  const { language, paint } = options;
  if (answer.person.refs.length === 0) return [];
  const { standing } = answer;
  const refused = [
    [words.suspended, purposeList(standing.suspended, language)] as const,
    [words.withdrawn, standing.withdrawn.join(', ')] as const,
    [words.denied, standing.denied.join(', ')] as const,
  ]
    .filter(([, list]) => list !== '')
    .map(([word, list]) => `  ${say(word, language)}: ${list}`)
    .join('');
  const since = standing.erasedAt ?? standing.at;
  const head = [
    paint('bold', say(words.person, language)),
    paint(stateColour(standing.state), say(stateWord(standing.state), language)) + refused,
    ...(since === undefined ? [] : [at(since)]),
  ];
  return [
    {
      text: head.join('  '),
      children: [
        ...(standing.kept ?? []).map((one) => ({
          text: `${paint('yellow', say(words.erasedBut, language))}: ${keptText(one, language)}  ${one.request}`,
        })),
        ...leaves(
          answer.person.refs.map((one) => [
            say(kindWord(one.kind), language),
            short(one.ref),
            `${say(words.generation, language)} ${String(one.generation)}`,
            paint(stateColour(one.state), say(stateWord(one.state), language)),
          ]),
        ),
      ],
    },
  ];
}

/** What several could have; who else they are is not for every reader. */
function reviewNodes({ review }: LineageAnswer, { language }: LineageTreeOptions): Node[] {
  return leaves(
    review.map(({ ref, kind, members, others, since }) => [
      say(kindWord(kind), language),
      short(ref),
      `${say(words.couldBe, language)}: ${say(words.members, language)} ${number(members)}` +
        (others === 0 ? '' : `, ${say(words.others, language)} ${number(others)}`),
      `${say(words.since, language)} ${at(since)}`,
    ]),
  );
}

function stateColour(state: string) {
  if (state === 'live' || state === 'held') return 'green';
  return state === 'erased' || state === 'removed' ? 'dim' : 'yellow';
}

function categoryNodes(answer: LineageAnswer, options: LineageTreeOptions): Node[] {
  const { language, paint, perCategory } = options;
  return answer.categories.map(({ category, records: total }) => {
    const records = answer.records.filter((record) => record.category === category);
    const listed = records.slice(0, perCategory);
    const label = answer.labels.categories[category];
    const left = total - listed.length;
    return {
      text: `${paint('bold', category)} ${label === undefined ? '' : say(label, language)}  ${number(total)}`,
      children: [
        ...groupNodes(records, answer, options),
        ...copySummary(records, options),
        ...listed.map((record) => recordNode(record, answer, options)),
        ...(left > 0 ? [{ text: paint('dim', `… ${say(words.more, language)} ${number(left)}`) }] : []),
      ],
    };
  });
}

function copySummary(records: readonly LineageRecord[], { language }: LineageTreeOptions): Node[] {
  if (records.length < 2) return [];
  const counts = new Map<string, number>();
  for (const { holder, state } of records.flatMap((record) => record.copies)) {
    const key = `${holder} ${say(stateWord(state), language)}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  const list = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, n]) => `${key} ${number(n)}`);
  return [{ text: `${say(words.copies, language)}: ${list.join(' · ')}` }];
}

function recordNode(record: LineageRecord, answer: LineageAnswer, options: LineageTreeOptions): Node {
  const { language, paint } = options;
  const { topic, partition, offset } = record.position;
  const parts = [
    at(record.time),
    `${topic} ${String(partition)}@${offset}`,
    `${say(words.policy, language)} ${record.policy}`,
  ];
  if (record.scope.kind === 'entrusted') parts.push(`${say(words.tenant, language)} ${record.scope.tenant}`);
  if (record.imported !== undefined) {
    const { holder, collected, version } = record.imported;
    parts.push(`${say(words.imported, language)} ${holder}`);
    if (collected === 'unknown') parts.push(paint('yellow', say(words.collectedUnknown, language)));
    if (version === 'before-first') parts.push(say(words.beforeFirstPolicy, language));
  }
  if (record.sensitive !== undefined) {
    const kinds = record.sensitive.kinds.map(
      (kind) => answer.labels.sensitive[kind] ?? { ja: kind, en: kind },
    );
    parts.push(
      paint(
        'red',
        `${say(words.sensitive, language)}: ${kinds.map((kind) => say(kind, language)).join(', ')}`,
      ),
    );
  }
  if (record.state !== 'live')
    parts.push(paint(stateColour(record.state), say(stateWord(record.state), language)));
  return {
    text: parts.join('  '),
    children: leaves(record.copies.map((copy) => copyCells(copy, answer.holders, options))),
  };
}

function copyCells(
  copy: LineageCopy,
  holders: readonly LineageHolder[],
  options: LineageTreeOptions,
): string[] {
  const { language, paint } = options;
  const holder = holders.find(({ id }) => id === copy.holder);
  const kind =
    holder?.kind === undefined ? '' : `${say(holderKindWord(holder.kind), language)}, ${holder.country}`;
  const more: string[] = [];
  if (copy.request !== undefined) more.push(copy.request);
  if (copy.derivedFrom !== undefined) {
    const { store, snapshot } = copy.derivedFrom;
    more.push(paint('dim', `← ${store} ${say(words.fromSnapshot, language)} ${snapshot}`));
  }
  if (copy.byTag === true) more.push(paint('dim', `← ${say(words.byTag, language)}`));
  if (copy.until !== undefined && (copy.state === 'held' || copy.state === 'kept'))
    more.push(`${say(words.until, language)} ${at(copy.until)}`);
  if (copy.afterErasure === true) more.push(paint('red', say(words.again, language)));
  return [
    copy.holder,
    holder === undefined ? '' : say(holder.name, language),
    kind,
    paint(stateColour(copy.state), say(stateWord(copy.state), language)),
    at(copy.at),
    more.join('  '),
  ];
}

function transferNodes(answer: LineageAnswer, { language }: LineageTreeOptions): Node[] {
  return leaves(
    answer.transfers.map((transfer) => {
      const holder = answer.holders.find(({ id }) => id === transfer.holder);
      const basis = answer.labels.bases[transfer.basis] ?? { ja: transfer.basis, en: transfer.basis };
      const [first, last] = [at(transfer.first), at(transfer.last)];
      return [
        transfer.holder,
        holder === undefined ? '' : say(holder.name, language),
        transfer.country,
        `${say(words.basis, language)}: ${say(basis, language)}`,
        `${say(words.records, language)} ${number(transfer.records)}`,
        first === last ? first : `${first} … ${last}`,
      ];
    }),
  );
}
