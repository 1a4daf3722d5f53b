import { ProblemError } from '@keiro/runtime';
import type {
  AuditEntry,
  IdentityAnswer,
  CheckMethod,
  IdentityView,
  Life,
  Ref,
  SeenAuthority,
  SeenDocuments,
} from '@keiro/schemas';
import type { IdentityOutcomes } from '../identity-outcomes.ts';
import { decideCheck, evolveCheck, isTaken, newCheck, type Check, type CheckCommand } from './check.ts';
import { codeDigest, newCode } from './code.ts';
import { noContact, type Delivery } from './deliver.ts';
import { dayMs } from './limits.ts';
import { answerOf, entryOf, problemOf } from './outcome.ts';
import { checkSeen } from './seen.ts';
import type { IdentityStore, Stored } from './store.ts';
import { viewOfCheck } from './view.ts';

/** What the check needs to know of a request. */
export interface CheckedRequest {
  readonly id: string;
  /** What was asked by; none where nobody is known by what the request names. Who that is, is not looked up before an answer. */
  readonly asked: readonly Ref[];
  readonly receivedAt: Date;
  readonly dueAt: Date;
  /** It can't go on before its identity is confirmed. */
  readonly waits: boolean;
}

export interface CheckedRequests {
  find(id: string): Promise<CheckedRequest | undefined>;
  /** All whose identity is being checked now. */
  waiting(): Promise<CheckedRequest[]>;
}

export interface Persons {
  /** All refs of the one person behind these; none where there is no such person. */
  refsOf(asked: readonly Ref[]): Promise<readonly Ref[]>;
  livesOf(asked: readonly Ref[]): Promise<Life[]>;
}

export interface IdentityDependencies {
  readonly requests: CheckedRequests;
  readonly store: IdentityStore;
  readonly outcomes: IdentityOutcomes;
  readonly configured: ReadonlySet<CheckMethod>;
  /** Kinds of documents that are accepted. */
  readonly accepted: ReadonlySet<string>;
  readonly days: number;
  /** See `codeKeyOf`. */
  readonly codeKey: Buffer;
  readonly random: (bytes: number) => Buffer;
  readonly now: () => Date;
  /** Takes a code on its way; the answer does not wait for it. */
  readonly deliver: (delivery: Delivery) => void;
  /** Whether a token is of the person who is behind these refs. */
  readonly verifySession: (token: string, asked: readonly Ref[]) => Promise<SessionMatch>;
  readonly count: (method: CheckMethod, outcome: string) => void;
}

export interface SessionMatch {
  readonly verdict: 'matching' | 'not-matching' | 'invalid';
  /** For the audit: a replay is invalid too. */
  readonly why?: 'replayed' | 'refused';
}

/** What the interface does, apart from HTTP. Errors are problems; none repeats a code, a token or an address. */
export interface IdentityHandler {
  view(request: string): Promise<IdentityView>;
  sendCode(request: string, by: string): Promise<IdentityAnswer>;
  answerCode(request: string, code: string, by: string): Promise<IdentityAnswer>;
  presentSession(request: string, token: string, by: string): Promise<IdentityAnswer>;
  seeDocuments(request: string, seen: SeenDocuments, by: string): Promise<IdentityAnswer>;
  seeAuthority(request: string, seen: SeenAuthority, by: string): Promise<IdentityAnswer>;
  /** Ends what has run out of time, and tells again what the request may not have heard. */
  look(request: CheckedRequest): Promise<void>;
}

/** How often two who write at once make each other decide again. */
const mostRounds = 20;

interface Asked {
  readonly method: CheckMethod;
  readonly detail?: AuditEntry['detail'];
  /** The command, made from the check as it is. */
  readonly command: (stored: Stored) => CheckCommand;
}

export function createIdentityHandler(deps: IdentityDependencies): IdentityHandler {
  const { store, outcomes } = deps;

  async function known(id: string): Promise<CheckedRequest> {
    const request = await deps.requests.find(id);
    if (request !== undefined) return request;
    throw new ProblemError(404, 'unknown-request', 'there is no request with this id');
  }

  function fresh(request: CheckedRequest): Stored {
    const until = new Date(request.receivedAt.getTime() + deps.days * dayMs);
    const end = until < request.dueAt ? until : request.dueAt;
    return { check: newCheck(request.id, request.receivedAt, end), version: 0 };
  }

  /** Reads, decides, writes; again where somebody else has written meanwhile. The answer comes after the writing. */
  async function run(request: CheckedRequest, asked: Asked): Promise<IdentityAnswer> {
    for (let round = 0; round < mostRounds; round += 1) {
      const stored = (await store.find(request.id)) ?? fresh(request);
      const command = asked.command(stored);
      const now = deps.now();
      const { outcome, events } = decideCheck(stored.check, command, now);
      const check = events.reduce(evolveCheck, stored.check);
      if (events.length > 0) {
        const entry = entryOf(check, {
          outcome,
          asked,
          by: command.by,
          version: stored.version + 1,
          at: now,
        });
        if (!(await store.save(check, stored.version, [entry]))) continue;
        await store.bringHome(request.id);
        deps.count(asked.method, outcome);
      }
      // Whoever was to tell that it is confirmed may have been killed before: told again, it changes nothing.
      if (events.length > 0 || check.end?.state === 'confirmed') await tell(check);
      const problem = problemOf(outcome, check, now);
      if (problem !== undefined) throw problem;
      return answerOf(outcome, viewOf(request, check, now));
    }
    throw new ProblemError(
      503,
      'busy',
      'this check is being tried by others at the same time: send it again',
    );
  }

  const viewOf = (request: CheckedRequest, check: Check, now: Date): IdentityView =>
    viewOfCheck(
      check,
      { waits: request.waits && check.end?.state !== 'confirmed', configured: deps.configured },
      now,
    );

  async function tell({ request, end }: Check): Promise<void> {
    if (end === undefined) return;
    const { at, by } = end;
    if (end.state === 'confirmed') {
      const { method, evidence } = end;
      await outcomes.confirmed(request, { method, by, at, ...(evidence === undefined ? {} : { evidence }) });
    } else await outcomes.failed(request, { reason: end.reason, missing: end.missing, by, at });
  }

  async function waiting(id: string, method: CheckMethod): Promise<CheckedRequest> {
    const request = await known(id);
    if (!request.waits) {
      throw new ProblemError(409, 'no-identity-check', 'this request does not wait for a check of identity');
    }
    if (deps.configured.has(method)) return request;
    throw new ProblemError(409, 'not-configured', `the method ${method} is not configured here`);
  }

  return {
    async view(id) {
      const request = await known(id);
      const stored = await store.find(id);
      if (stored === undefined && !request.waits) {
        throw new ProblemError(404, 'no-identity-check', 'this request had no check of identity');
      }
      return viewOf(request, (stored ?? fresh(request)).check, deps.now());
    },

    async sendCode(id, by) {
      const request = await waiting(id, 'code');
      const codeId = deps.random(9).toString('base64url');
      const code = newCode(deps.random);
      const digest = codeDigest(deps.codeKey, id, codeId, code);
      const answer = await run(request, {
        method: 'code',
        command: () => ({ do: 'send-code', id: codeId, digest, by }),
      });
      if (answer.outcome === 'code-made' && answer.codeUntil !== undefined) {
        const until = new Date(answer.codeUntil);
        deps.deliver({ request: id, asked: request.asked, codeId, code, until });
      }
      return answer;
    },

    async answerCode(id, code, by) {
      const request = await waiting(id, 'code');
      const before = await store.find(id);
      const contact = before?.contact;
      // Counted before it is compared, so that many at once can't be more than are allowed.
      const isWithin =
        before === undefined || !isTaken(before.check.code, deps.now())
          ? true
          : await store.useContact(contact ?? noContact(id), 'tries', deps.now());
      // A code that was not sent is right for nobody, however lucky: that is so where nobody is known.
      const contactOpen = isWithin && contact !== undefined;
      return run(request, {
        method: 'code',
        ...(isWithin ? {} : { detail: { contact: 'too-many-tries' } }),
        command: () => ({ do: 'answer-code', code, key: deps.codeKey, contactOpen, by }),
      });
    },

    async presentSession(id, token, by) {
      const request = await waiting(id, 'session');
      const { verdict, why } = await deps.verifySession(token, request.asked);
      return run(request, {
        method: 'session',
        ...(why === undefined ? {} : { detail: { why } }),
        command: () => ({ do: 'present-session', verdict, by }),
      });
    },

    async seeDocuments(id, seen, by) {
      const request = await waiting(id, 'operator');
      return run(request, { method: 'operator', ...checkSeen(seen, 'operator', deps.accepted, by) });
    },

    async seeAuthority(id, seen, by) {
      const request = await waiting(id, 'agent');
      return run(request, { method: 'agent', ...checkSeen(seen, 'agent', deps.accepted, by) });
    },

    async look(request) {
      const stored = (await store.find(request.id)) ?? fresh(request);
      const { end } = stored.check;
      if (end !== undefined) await tell(stored.check);
      else if (deps.now() >= stored.check.until) {
        await run(request, { method: 'code', command: () => ({ do: 'look', by: 'request' }) });
      }
    },
  };
}
