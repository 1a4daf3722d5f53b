import { ProblemError } from '@keiro/runtime';
import {
  aheadForMs,
  kindOfRef,
  lateForMs,
  provisionDigest,
  provisionId,
  subjectOf,
  type AuditEntry,
  type Provision,
  type ProvisionDocument,
  type Recorded,
} from '@keiro/schemas';
import type { ProvisionIdentities } from '@keiro/sdk';
import { answerOf, entryOf } from './authorise-route.ts';
import { judgeTransfers, type Judged, type JudgeDependencies } from './judge.ts';
import type { ProvisionStore } from './provision-store.ts';
import { documentOf, recordedEntry } from './provisions.ts';

export interface RecordDependencies extends JudgeDependencies {
  readonly provisions: ProvisionStore;
  readonly identities: Pick<ProvisionIdentities, 'seal'>;
  readonly random: (bytes: number) => Buffer;
}

/**
 * Records what was handed over or received, each with a verdict of its own from this moment; in the order told. What was
 * recorded before stays as it is. May be cut off anywhere and told again.
 */
export async function recordProvisions(
  deps: RecordDependencies,
  told: readonly Provision[],
  by: string,
): Promise<Recorded[]> {
  checkTimes(told, deps.now());
  const ids = told.map(provisionId);
  const known = new Map(await deps.provisions.find(ids));
  const results = new Map<string, Recorded>();
  // The same id twice in one call: the first one stands.
  const first = new Map<string, Provision>();
  for (const [position, one] of told.entries()) {
    const id = ids[position] ?? '';
    if (!known.has(id) && !first.has(id)) first.set(id, one);
  }
  const fresh = await judgedDocuments(deps, [...first.values()], by, results);
  await deps.provisions.insert(fresh);
  // Another instance may have been told at the same time: what stands is what is answered.
  const stored = fresh.length === 0 ? new Map() : await deps.provisions.find(fresh.map(({ _id }) => _id));
  const all = new Map<string, ProvisionDocument>([...known, ...(stored as Map<string, ProvisionDocument>)]);
  await deps.provisions.audit([...all.values()].map(recordedEntry));

  const isFresh = new Set(fresh.map(({ _id }) => _id));
  return told.map((one, position) => {
    const id = ids[position] ?? '';
    const document = all.get(id);
    if (document === undefined) return results.get(id) ?? unknownPerson;
    if (document.digest !== provisionDigest(one)) return { state: 'conflict', provision: id };
    const repeated = !isFresh.delete(id);
    return { state: 'recorded', provision: id, record: recordAnswer(document), repeated };
  });
}

/** Those that may be recorded, ready to be stored; why the others may not goes into `results`. */
async function judgedDocuments(
  deps: RecordDependencies,
  told: readonly Provision[],
  by: string,
  results: Map<string, Recorded>,
): Promise<ProvisionDocument[]> {
  const provided = told.flatMap((one) => (one.direction === 'provided' ? [one] : []));
  const { at, judged } = await judgeTransfers(
    deps,
    provided.map(({ transfer }) => transfer),
  );
  const verdicts = new Map<Provision, Judged>();
  for (const [position, one] of provided.entries()) {
    const found = judged[position];
    if (found !== undefined) verdicts.set(one, found);
  }
  const refused = judged.flatMap(({ transfer, verdict }) =>
    verdict.allowed ? [] : [entryOf(transfer, verdict.reason, { at, by }, deps.random, 'provision.refused')],
  );
  if (refused.length > 0) await deps.provisions.audit(refused);
  const allowed = told.filter((one) => {
    const answer = verdicts.get(one)?.verdict;
    if (answer === undefined || answer.allowed) return true;
    const { allowed: _no, ...why } = answerOf(answer) as Refusal;
    results.set(provisionId(one), { state: 'refused', ...why });
    return false;
  });
  const refs = await deps.people.refsOf(allowed.map((one) => subjectOf(one).ref));
  const documents = allowed.map((one) => {
    const subject = subjectOf(one);
    return documentOf(one, verdicts.get(one), { refs: refs.get(subject.ref) ?? [subject.ref], at, by });
  });
  const { ready, gone } = await sealed(deps, documents, results);
  if (gone.length > 0) await deps.provisions.audit(gone.map((one) => goneEntry(one, deps.random)));
  return ready;
}

type Refusal = Omit<Extract<Recorded, { state: 'refused' }>, 'state'> & { allowed: false };

/** Adds who they are about to those that the law wants; one whose person is gone is refused. */
async function sealed(
  deps: RecordDependencies,
  documents: readonly ProvisionDocument[],
  results: Map<string, Recorded>,
): Promise<{ ready: ProvisionDocument[]; gone: ProvisionDocument[] }> {
  const wanted = documents.filter(({ record }) => record.kind !== 'none');
  const answers = await deps.identities.seal(
    wanted.map(({ _id, subject, refs }) => ({
      provision: _id,
      subject,
      refs: refs.filter((ref) => ref !== subject.ref && kindOfRef(ref) !== 'unattributed'),
    })),
  );
  const byId = new Map(wanted.map(({ _id }, position) => [_id, answers[position]]));
  const ready: ProvisionDocument[] = [];
  const gone: ProvisionDocument[] = [];
  for (const document of documents) {
    const answer = byId.get(document._id);
    if (document.record.kind === 'none') ready.push(document);
    else if (answer?.state === 'sealed')
      ready.push({ ...document, identity: { key: answer.key, sealed: answer.sealed } });
    else {
      results.set(document._id, answer?.reason === 'erased' ? erasedPerson : unknownPerson);
      gone.push(document);
    }
  }
  return { ready, gone };
}

function goneEntry(
  { recordedAt: at, by, subject, direction, party }: ProvisionDocument,
  random: RecordDependencies['random'],
): AuditEntry {
  return {
    _id: `transfer/${random(12).toString('hex')}`,
    at,
    by,
    action: 'provision.refused',
    about: [subject.ref],
    detail: { direction, ...(party.id === undefined ? {} : { holder: party.id }), reason: 'no-such-life' },
  };
}

const erasedPerson: Recorded = {
  state: 'refused',
  reason: 'erased',
  row: 'R4',
  articles: ['APPI 35'],
  message: { ja: '本人の情報は消去されています。', en: 'the person’s data have been erased' },
};
const unknownPerson: Recorded = {
  state: 'refused',
  reason: 'unknown-person',
  row: 'T0',
  articles: ['APPI 29'],
  message: { ja: '該当する本人がいません。', en: 'nobody is known under this ref in this life' },
};

function recordAnswer({ record }: ProvisionDocument) {
  const articles = [...record.articles];
  return record.kind === 'none' ? { ...record, articles } : { ...record, articles, items: [...record.items] };
}

/** Nothing is handed over in the future, and what is told too late is a case for a person, not for a program. */
function checkTimes(told: readonly Provision[], now: Date): void {
  const issues = told.flatMap(({ at }, position) => {
    const field = `provisions.${String(position)}.at`;
    const since = now.getTime() - Date.parse(at);
    if (since < -aheadForMs) return [{ field, code: 'future-time', message: 'is in the future' }];
    return since > lateForMs
      ? [{ field, code: 'too-late', message: 'is more than 7 days ago: a record is made promptly (APPI 29)' }]
      : [];
  });
  if (issues.length > 0)
    throw new ProblemError(400, 'invalid-body', 'the body is not as it should be', issues);
}
