import { ProblemError } from '@keiro/runtime';
import {
  identifierKinds,
  normaliseIdentifier,
  subjectSchema,
  type Identifier,
  type LineageAnswer,
  type LineageSearch,
  type OneIdentifier,
  type Policies,
  type Ref,
} from '@keiro/schemas';
import { reviewOf } from '@keiro/schemas/review';
import type { KeysClient } from '@keiro/sdk/keys-client';
import { assemble, assembleUnknown } from './assemble.ts';
import { readCursor, type Cursor } from './cursor.ts';
import { custodyOf } from './custody.ts';
import { pageOf } from './page.ts';
import type { ProgressReader } from './progress.ts';
import type { Store } from './store.ts';

/** Refs that one look-up at `keys` takes. */
const lookupLimit = 1000;

export interface SearchDeps {
  readonly store: Store;
  readonly keys: Pick<KeysClient, 'lookup'>;
  readonly progress: ProgressReader;
  readonly policies: Policies;
  readonly now: () => Date;
}

/**
 * Everything known about the person behind one identifier (R1, A1). Reading takes a fixed number of round trips,
 * one after the other only where one needs the other's answer; `asOf` is when it began, so that nothing that is
 * missing can be older than what the answer claims to know. `namesClaimants`: the reader may see the refs of others who
 * share one with the person.
 */
export async function search(
  deps: SearchDeps,
  body: LineageSearch,
  namesClaimants: boolean,
): Promise<LineageAnswer> {
  const { store, keys, now } = deps;
  const asOf = now();
  const { policies } = deps;
  const by = askedBy(body);
  const after = body.cursor === undefined ? undefined : readCursor(body.cursor);
  const progressLater = deps.progress.read();
  const { results } = await keys.lookup(by);
  const start = results[0] ?? undefined;
  if (start === undefined) return assembleUnknown(await progressLater, policies, asOf);

  const { person, links, cuts } = await store.person(start.ref);
  const { refs } = person;
  const all = [...refs, ...person.ambiguous];
  const [
    { page, custody, taken },
    holders,
    standings,
    asked,
    quarantined,
    facts,
    lives,
    shared,
    provisions,
    progress,
  ] = await Promise.all([
    recordsAndCopies(store, refs, body.limit, after),
    store.holders(),
    store.standings(all),
    store.requests(refs),
    store.quarantined(refs),
    store.facts(refs),
    livesOf(keys, all),
    store.count(person.ambiguous),
    store.provisions(refs),
    progressLater,
  ]);
  return assemble(
    {
      person,
      lives,
      ...page,
      ...custody,
      snapshots: taken.snapshots,
      snapshotsCut: taken.cut,
      holders,
      standings,
      ...asked,
      quarantined,
      facts,
      shared,
      provisions,
      review: reviewOf(person.ambiguous, links, cuts),
      namesClaimants,
      progress,
    },
    policies,
    asOf,
  );
}

/** Which copies are wanted depends on the page, and what is at a site on the snapshots: so copies come last. */
async function recordsAndCopies(
  store: Store,
  refs: readonly Ref[],
  limit: number,
  after: Cursor | undefined,
) {
  const [page, taken] = await Promise.all([pageOf(store.records(refs), limit, after), store.snapshots()]);
  const shown = new Set(page.records.map(({ _id }) => _id));
  return { page, taken, custody: await custodyOf(store.copies(refs), shown, taken.snapshots) };
}

/** What the keys service is asked: by the one identifier that was given, or by a ref. */
export const askedBy = (body: OneIdentifier): { identifiers: Identifier[] } | { refs: Ref[] } =>
  body.ref === undefined ? { identifiers: [identifierOf(body)] } : { refs: [body.ref] };

/** The one that was given, as refs are made of it. */
function identifierOf(body: OneIdentifier): Identifier {
  for (const kind of identifierKinds) {
    const given = body[kind];
    if (given === undefined) continue;
    // What no event may carry leads to nobody: said plainly, it helps more than "nothing is held".
    if (subjectSchema.safeParse({ [kind]: given }).success)
      return { kind, value: normaliseIdentifier(kind, given) };
    throw new ProblemError(400, 'invalid-body', 'the body is not as it should be', [
      { field: kind, code: 'format', message: `nothing in it can be a ${kind}` },
    ]);
  }
  throw new Error('the schema of the body lets no search without an identifier pass');
}

async function livesOf(keys: SearchDeps['keys'], refs: readonly Ref[]) {
  const chunks: Ref[][] = [];
  for (let from = 0; from < refs.length; from += lookupLimit)
    chunks.push(refs.slice(from, from + lookupLimit));
  const answers = await Promise.all(chunks.map((chunk) => keys.lookup({ refs: chunk })));
  return answers.flatMap(({ results }) => results.filter((life) => life !== null));
}
