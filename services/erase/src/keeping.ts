import {
  canKeep,
  type ConnectorConfig,
  type ExportedItem,
  type FoundRow,
  type HolderDocument,
  type SweepResponse,
  type TaskDocument,
} from '@keiro/schemas';
import { KeiroError } from '@keiro/runtime';
import { locatorAssociated, open, seal, sealKeyOf } from '@keiro/sdk';
import { exportFrom } from './fields.ts';
import { WaitingError, type Connector, type Work } from './connectors/connector.ts';

/*
 * An erasure that a floor narrows (R4). Places of records that no floor keeps go whole; the rest of what the holder has of
 * the person is narrowed to the fields that stay.
 */

/** A holder has to leave something and has not said where it holds that: an operator has to, and tries again. */
export class CannotKeepError extends KeiroError {
  constructor(what: string) {
    super(
      'cannot-narrow',
      `${what}, and the register does not say where: add these fields to its connector (\`fields\`, of S3 \`holds\`), or say in \`keepsForLaw\` what it keeps; nothing was erased`,
      { retryable: false },
    );
  }
}

/**
 * Why a person has to see to it; undefined where the holder can be told what to leave. Erasing what a law keeps would be
 * worse than not erasing. Throws {@link CannotKeepError}. Pure.
 */
export function whyByHand(
  { keep, retention }: Pick<TaskDocument, 'keep' | 'retention'>,
  holder: Pick<HolderDocument, 'connector'> | null,
): string | undefined {
  if (holder === null) return undefined;
  const { kind } = holder.connector;
  const isWhole = kind === 'http' || kind === 'google-analytics';
  if (retention?.rest !== undefined && isWhole)
    return '法令による保存が終わりました。残した情報の消去を依頼してください。 What a law kept here is over: ask for the erasure of what was left';
  if (keep === undefined || canKeep(holder.connector, keep.fields)) return undefined;
  const what = `${keep.laws.join(', ')} keeps ${keep.fields.join(', ')} here`;
  if (!isWhole) throw new CannotKeepError(what);
  const protocol = kind === 'http' ? 'OpenDSR' : 'Analytics';
  return `${protocol}では一部だけの消去を依頼できないため、何も依頼していません。 ${what}, and ${protocol} knows erasures of everything alone: nothing was asked for; agree with the recipient what stays`;
}

/** What one attempt does, in this order: first what goes whole, by its places alone. Pure. */
export function narrowedWorks(work: Work, whole: NonNullable<Work['whole']>): readonly Work[] {
  const { whole: _whole, ...rest } = work;
  const { keep: _keep, ...all } = rest;
  const isEmpty =
    whole.locators.length === 0 && Object.values(whole.replicated).every((one) => one.length === 0);
  const first: Work = {
    ...all,
    ...whole,
    pass: 'whole-',
    lives: [],
    locatorsUpTo: Math.max(0, ...work.lives.map(({ generation }) => generation), work.locatorsUpTo ?? 0),
  };
  return isEmpty ? [rest] : [first, rest];
}

/** One that waits holds up no other: what is there now goes now. */
export async function eraseAll(
  connector: Connector,
  works: AsyncIterable<Work>,
  before: (work: Work) => Promise<void>,
): Promise<void> {
  let waiting: WaitingError | undefined;
  for await (const work of works) {
    try {
      await before(work);
      await connector.erase(work);
    } catch (error) {
      if (!(error instanceof WaitingError)) throw error;
      if (waiting === undefined || error.until < waiting.until) waiting = error;
    }
  }
  if (waiting !== undefined) throw waiting;
}

/** Undefined where nobody can look. */
export async function probeAll(
  connector: Connector,
  works: AsyncIterable<Work>,
): Promise<number | undefined> {
  let found = 0;
  for await (const work of works) {
    const there = await connector.probe(work);
    if (there === undefined) return undefined;
    found += there;
  }
  return found;
}

type Sealing = Pick<SweepResponse, 'lives'> & Pick<TaskDocument, '_id' | 'holder'>;

/**
 * Rows that stay and whose places nobody has reported: once they are narrowed, nothing in them says whose they are, so
 * their places are kept, sealed, before.
 */
export async function findUnreported(
  connector: Connector,
  work: Work,
  of: Sealing & { readonly connector: ConnectorConfig; readonly iv: () => Buffer },
): Promise<FoundRow[]> {
  const keep = new Set(work.keep);
  const found: FoundRow[] = [];
  const key = keyOf(of);
  if (key === undefined) return found;
  const known = new Map<string | undefined, ReadonlySet<string>>();
  const knownAt = (part: string | undefined) => {
    const at = ({ locators, replicated }: Pick<Work, 'locators' | 'replicated'>) =>
      part === undefined ? locators : (replicated[part] ?? []);
    const all =
      known.get(part) ?? new Set([...at(work), ...(work.whole === undefined ? [] : at(work.whole))]);
    known.set(part, all);
    return all;
  };
  const take = (items: readonly ExportedItem[]) => {
    for (const item of items) {
      const { locator } = item;
      if (locator === undefined || !mayStay(item, of.connector, keep)) continue;
      const part = partOf(item, work);
      if (part !== undefined && work.keepIn?.includes(part) === false) continue;
      const there = knownAt(part);
      if (there.has(locator) || there.has(locator.replace(anyVersion, ''))) continue;
      const sealed = seal(key, Buffer.from(locator), locatorAssociated(of.holder, of._id), of.iv());
      found.push({ ...(part === undefined ? {} : { part }), locator: sealed });
    }
    return Promise.resolve();
  };
  await exportFrom(connector, work, take);
  return found;
}

/** A locator of an object in S3 stands for all of its versions. */
const anyVersion = /\?versionId=[\w.-]+$/;

/** What was found so by an earlier attempt, or by the deletion whose rest this is. */
export function openFound(
  rows: readonly FoundRow[],
  of: Sealing,
): readonly { part?: string; locator: string }[] {
  const key = keyOf(of);
  if (key === undefined) return [];
  return rows.map(({ part, locator }) => ({
    ...(part === undefined ? {} : { part }),
    locator: open(key, locator, locatorAssociated(of.holder, of._id)).toString(),
  }));
}

/** With these places too. Pure. */
export function withFound<T extends Pick<Work, 'locators' | 'replicated'>>(
  subject: T,
  rows: readonly { readonly part?: string; readonly locator: string }[],
): T {
  if (rows.length === 0) return subject;
  const at = (part: string | undefined) =>
    rows.filter((row) => row.part === part).map(({ locator }) => locator);
  const parts = [...new Set([...Object.keys(subject.replicated), ...rows.flatMap(({ part }) => part ?? [])])];
  return {
    ...subject,
    locators: [...new Set([...subject.locators, ...at(undefined)])],
    replicated: Object.fromEntries(
      parts.map((part) => [part, [...new Set([...(subject.replicated[part] ?? []), ...at(part)])]]),
    ),
  };
}

/** The first of the lives: as a copy of its own would be sealed. */
function keyOf({ lives, holder }: Sealing): Buffer | undefined {
  const [first] = lives;
  return first === undefined ? undefined : sealKeyOf(Buffer.from(first.custodyKey, 'base64'), holder);
}

/** Of a site: which store's part of it has the row. */
const partOf = ({ place }: ExportedItem, { replicated }: Work): string | undefined =>
  Object.keys(replicated).find((part) => place.startsWith(`${part}/`));

/** A holder that gave no names has said nothing of what is in a row: then everything may be. */
function mayStay(item: ExportedItem, config: ConnectorConfig, keep: ReadonlySet<string>): boolean {
  if (config.kind === 's3') {
    const holds = config.keys.find(({ pattern }) => pattern === item.place)?.holds ?? [];
    return holds.some((field) => keep.has(field));
  }
  const { fields, names } = item;
  if (names === undefined) return config.kind === 'directive';
  return Object.entries(names).some(([path, field]) => keep.has(field) && isThere(fields, path));
}

function isThere(fields: ExportedItem['fields'], path: string): boolean {
  let value: unknown = Object.hasOwn(fields, path) ? fields[path] : undefined;
  if (value === undefined) {
    value = fields;
    for (const name of path.split('.'))
      value =
        typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
  }
  return value !== undefined && value !== null;
}
