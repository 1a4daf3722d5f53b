import {
  certificateId,
  certificateSchema,
  dayInJapan,
  digestOf,
  segmentHash,
  type AuditEntry,
  type AuditLine,
  type Certificate,
  type CertificateContent,
  type CertificateDocument,
  type RequestDocument,
  type Segment,
  type TaskDocument,
} from '@keiro/schemas';
import type { SigningClient } from '@keiro/sdk';
import type { CertificateStore } from './certificate-store.ts';
import { isFinal } from '../lifecycle/evolve.ts';
import type { Reopen } from '../reopen-store.ts';
import { reopenedLast } from '../reopen.ts';
import { certify, closing, type Withheld } from './certify.ts';
import { heldAgain, type ReportedCopy } from './held-again.ts';
import type { ChainStore } from './chain-store.ts';
import { certifyRest } from './rest.ts';

export interface CertifierDependencies {
  readonly store: CertificateStore;
  readonly chain: Pick<ChainStore, 'append' | 'entry' | 'newest'>;
  readonly signing: Pick<SigningClient, 'certificates'>;
  readonly reopen: Reopen;
  readonly onReopened: (request: string) => void;
  readonly now: () => Date;
}

/** Issues what is due when the end of a request has been sealed; doing it twice adds nothing. */
export interface Certifier {
  onSealed(segment: Segment, entries: readonly AuditLine[]): Promise<void>;
  /** Further certificates, for those whose last snapshot has ended. Answers how many. */
  close(): Promise<number>;
}

/** Entries that end a request. */
const ends = new Set(['request.done', 'request.overtaken', 'request.refused', 'request.withdrawn']);
/** Days back within which a process that was down finds what should have been closed. */
const daysBack = 400;
const dayMs = 86_400_000;
const atOnce = 200;

export function createCertifier({ store, chain, signing, now, ...deps }: CertifierDependencies): Certifier {
  /** Signs, stores, and enters what was new into the audit: entry and certificate have ids that follow from the request. */
  async function issue(drafts: readonly Pick<Certificate, 'content' | 'receipts'>[]): Promise<number> {
    const signatures = await signing.certificates(drafts.map(({ content }) => content));
    const documents = drafts.map(({ content, receipts }, position): CertificateDocument => {
      const certificate: Certificate = { content, receipts, signature: signatures[position] ?? '' };
      return {
        _id: content.id,
        request: content.request,
        issuedAt: new Date(content.issuedAt),
        ...(content.snapshotsUntil === undefined
          ? {}
          : { closesOn: dayInJapan(new Date(content.snapshotsUntil)) }),
        text: JSON.stringify(certificate),
      };
    });
    await store.add(documents);
    for (const { content } of drafts) {
      // What it supersedes has nothing left to close.
      if (content.supersedes !== undefined) await store.setClosesOn(content.supersedes.id, undefined);
    }
    // A crash before this leaves a certificate without its entry: so all that are stored, not only the new ones.
    const stored = await store.certificates(documents.map(({ _id }) => _id));
    await chain.append(stored.map((document) => issuedEntry(certificateOf(document))));
    return documents.length;
  }

  return {
    async onSealed(segment, entries) {
      const asked = entries.flatMap(({ action, request }) =>
        ends.has(action) && request !== undefined ? [request] : [],
      );
      const requests = [...new Set(asked)];
      const over = entries.flatMap(({ action, request }) =>
        action === 'request.rest-erased' && request !== undefined ? [request] : [],
      );
      if (requests.length + over.length === 0) return;
      const sealedIn = { segment: segment.head.number, hash: segmentHash(segment) };
      for (const request of new Set(over)) await closeRest(request, sealedIn);
      for (let from = 0; from < requests.length; from += atOnce) {
        const { drafts, withheld } = await draft(requests.slice(from, from + atOnce), sealedIn);
        if (withheld.length > 0) await chain.append(withheld);
        if (drafts.length > 0) await issue(drafts);
      }
    },

    async close() {
      const today = now();
      const days = Array.from({ length: daysBack }, (_, back) =>
        dayInJapan(new Date(today.getTime() - back * dayMs)),
      );
      const due = await store.closingOn(days, atOnce);
      const newest = due.length === 0 ? undefined : await chain.newest();
      if (newest === undefined) return 0;
      const sealedIn = { segment: newest.head.number, hash: segmentHash(newest) };
      const snapshots = await store.snapshots();
      let closed = 0;
      for (const document of due) {
        const first = certificateOf(document);
        // Reopened: what comes of it will have its own snapshots.
        if (await isOvertaken(first.content)) {
          await store.setClosesOn(document._id, undefined);
          continue;
        }
        const outcome = closing(first, snapshots, sealedIn, today);
        if ('until' in outcome) {
          await store.setClosesOn(document._id, outcome.until && dayInJapan(outcome.until));
          continue;
        }
        closed += await issue([{ content: outcome, receipts: first.receipts }]);
      }
      return closed;
    },
  };

  /** Whether there is, or will be, a later one than this for another reason. */
  async function isOvertaken({ request, number, doneAt }: CertificateContent): Promise<boolean> {
    const [later, [known]] = await Promise.all([
      store.certificates([certificateId(request, number + 1)]),
      store.requests([request]),
    ]);
    const reopened = known && reopenedLast(known);
    return later.length > 0 || (reopened !== undefined && reopened.at > new Date(doneAt));
  }

  /** Then it goes on, and has its certificate afterwards. */
  async function isHeldAgain(
    request: RequestDocument,
    tasks: readonly TaskDocument[],
    copies: readonly ReportedCopy[],
  ): Promise<boolean> {
    let isReopened = false;
    for (const found of heldAgain(request, tasks, copies))
      isReopened = (await deps.reopen(request._id, found)) || isReopened;
    if (isReopened) deps.onReopened(request._id);
    return isReopened;
  }

  /** The certificate of what a floor had kept, whose end is sealed now; none where there is no first one to close. */
  async function closeRest(id: string, sealedIn: CertificateContent['sealedIn']): Promise<void> {
    const [[request], [latest]] = await Promise.all([store.requests([id]), store.latest([id])]);
    if (request === undefined || latest === undefined) return;
    const before = certificateOf(latest);
    // Issued by a process that was killed before it said so.
    if (before.content.kept === undefined) {
      await chain.append([issuedEntry(before)]);
      return;
    }
    const [snapshots, copies] = await Promise.all([
      store.snapshots(),
      store.copiesOf(request.lives.map(({ ref }) => ref)),
    ]);
    const keepers = new Set(before.content.kept.flatMap(({ holders }) => holders));
    const proven = {
      rest: request.rest ?? [],
      snapshots,
      // What is kept was there from the beginning, reported or not.
      heldSince: (holder: string) =>
        earliest(copies.filter((copy) => copy.holder === holder)) ??
        (keepers.has(holder) ? request.receivedAt : undefined),
      sealedIn,
    };
    await issue([certifyRest(before, proven, now())]);
    await store.setClosesOn(latest._id, undefined);
  }

  async function draft(ids: readonly string[], sealedIn: CertificateContent['sealedIn']) {
    // One that has been reopened meanwhile gets its certificate when that is over.
    const ended = (await store.requests(ids)).filter(({ state }) => isFinal(state));
    const newest = newestOf(await store.certificates(ended.flatMap(idsOf)));
    const known = new Set(
      ended.filter((request) => isCertified(request, newest.get(request._id))).map(({ _id }) => _id),
    );
    const requests = ended.filter(({ _id }) => !known.has(_id));
    const refs = [
      ...new Set(
        requests.flatMap(({ type, lives }) => (type === 'deletion' ? lives.map(({ ref }) => ref) : [])),
      ),
    ];
    const [tasks, holders, snapshots, copies] = await Promise.all([
      store.tasksOf(requests.map(({ _id }) => _id)),
      store.holders(),
      refs.length === 0 ? [] : store.snapshots(),
      store.copiesOf(refs),
    ]);
    const byId = new Map(holders.map((holder) => [holder._id, holder]));
    const drafts: Pick<Certificate, 'content' | 'receipts'>[] = [];
    const withheld: AuditEntry[] = [];
    for (const request of requests) {
      const before = newest.get(request._id);
      const because = reopenedLast(request)?.because;
      const own = new Set(request.lives.map(({ ref }) => ref));
      const theirs = tasks.filter((task) => task.request === request._id);
      if (await isHeldAgain(request, theirs, copies)) continue;
      const certified = certify(
        {
          request,
          tasks: theirs,
          holders: byId,
          snapshots,
          heldSince: (holder) =>
            earliest(copies.filter((copy) => copy.holder === holder && own.has(copy.ref))),
          sealedIn,
          ...(before === undefined || because === undefined
            ? {}
            : { before: { certificate: before, because } }),
        },
        now(),
      );
      if ('content' in certified)
        drafts.push({ content: certified.content, receipts: [...certified.receipts] });
      else {
        const id = certificateId(request._id, (before?.content.number ?? 0) + 1);
        withheld.push(withheldEntry(id, certified.withheld, now()));
      }
    }
    // Issued and not in the audit yet: see `issue`.
    await chain.append([...known].flatMap((id) => newest.get(id) ?? []).map(issuedEntry));
    return { drafts, withheld };
  }
}

/** All that there may be of a request: each end, and what closes its snapshots. Pure. */
export const idsOf = ({ _id, steps }: RequestDocument): string[] => {
  const ends = Math.max(1, steps.filter(({ step }) => step === 'done').length);
  return Array.from({ length: 2 * ends }, (_, index) => certificateId(_id, index + 1));
};

function newestOf(documents: readonly CertificateDocument[]): Map<string, Certificate> {
  const newest = new Map<string, Certificate>();
  for (const certificate of documents.map(certificateOf)) {
    const { request, number } = certificate.content;
    if (number > (newest.get(request)?.content.number ?? 0)) newest.set(request, certificate);
  }
  return newest;
}

/** Whether its last end has one. Pure. */
function isCertified(request: RequestDocument, newest: Certificate | undefined): boolean {
  if (newest === undefined) return false;
  const reopened = reopenedLast(request);
  return reopened === undefined || new Date(newest.content.doneAt) > reopened.at;
}

export const certificateOf = ({ text }: CertificateDocument): Certificate =>
  certificateSchema.parse(JSON.parse(text));

function issuedEntry(certificate: Certificate): AuditEntry {
  const { id, type, outcome, issuedAt, receipts } = certificate.content;
  return {
    _id: `${id}/issued`,
    at: new Date(issuedAt),
    by: 'request',
    action: 'certificate.issued',
    about: [id],
    detail: { type, outcome, receipts: receipts.count, digest: digestOf(certificate) },
  };
}

/** Invariant 5, made visible: which holders stand in the way, and why. */
const withheldEntry = (id: string, withheld: readonly Withheld[], at: Date): AuditEntry => ({
  _id: `${id}/withheld`,
  at,
  by: 'request',
  action: 'certificate.withheld',
  about: [id],
  detail: { holders: Object.fromEntries(withheld.map(({ holder, why }) => [holder, why])) },
});

const earliest = (copies: readonly { readonly at: Date }[]): Date | undefined =>
  copies.map(({ at }) => at).toSorted((one, other) => one.getTime() - other.getTime())[0];
