import type {
  ClosedBecause,
  IdentityMethod,
  Labels,
  RequestHappening,
  RequestState,
  RequestType,
} from '@keiro/schemas';
import { identityGround, rightRules } from '../rights.ts';
import { isFinal, type Life } from './evolve.ts';
import { identityReason } from './identity-reasons.ts';

/** What somebody, or the clock, wants of a request. */
export type LifeCommand =
  | {
      readonly type: 'receive';
      readonly identity: 'vouched' | 'required';
      readonly note?: string;
      readonly review?: true;
      readonly about?: 'question' | 'complaint';
    }
  | { readonly type: 'confirm-identity'; readonly method: IdentityMethod; readonly evidence?: string }
  | { readonly type: 'fail-identity'; readonly reason: string; readonly missing: readonly string[] }
  | { readonly type: 'accept' }
  | {
      readonly type: 'refuse';
      readonly ground: string;
      readonly reason: Labels;
      /** None: all of it. */
      readonly parts: readonly string[];
    }
  | { readonly type: 'pay'; readonly yen: number; readonly reference: string }
  | { readonly type: 'withdraw' }
  | { readonly type: 'answer'; readonly evidence?: string; readonly digest?: string }
  | { readonly type: 'close'; readonly because: ClosedBecause; readonly other?: string }
  /** The execution's own. */
  | { readonly type: 'move'; readonly to: RequestState }
  | { readonly type: 'mark-sent'; readonly notice: number; readonly reference?: string }
  /** Time has passed. */
  | { readonly type: 'tick' };

/** What holds for this request, as the policy in force and the configuration have it. */
export interface LifeRules {
  readonly type: RequestType;
  /** R7: never moved. */
  readonly dueAt: Date;
  /** R9. */
  readonly grounds: readonly string[];
  /** R8: yen; 0 for none. */
  readonly fee: number;
  /** Until when a fee that is asked for now can be paid. */
  readonly feeUntil: Date;
  /** Until when a deletion can be taken back. */
  readonly undoUntil?: Date;
  /** Days before it is due on which somebody is warned, each once. */
  readonly warnDays: readonly number[];
}

/** Why not: `code` and a sentence; what is wrong with the command itself names its `field`. */
export interface Rejection {
  readonly code: string;
  readonly message: string;
  readonly field?: string;
}

export type LifeDecision =
  { readonly events: readonly RequestHappening[] } | { readonly rejected: Rejection };

/**
 * What a command makes of a request: events, none where all of it has happened before. Pure: `now` is an argument, and
 * neither identity, nor a fee, nor a holiday moves the day on which it is due (R7).
 */
export function decide(command: LifeCommand, life: Life, now: Date, rules: LifeRules): LifeDecision {
  if (command.type === 'mark-sent') return markSent(command, life);
  if (command.type === 'receive') return receive(command, life, rules);
  if (isFinal(life.state)) return command.type === 'tick' ? nothing : ended(command, life);
  switch (command.type) {
    case 'confirm-identity': {
      if (life.identified) return nothing;
      const { method, evidence } = command;
      const confirmed = {
        type: 'identity-confirmed' as const,
        method,
        ...(evidence === undefined ? {} : { evidence }),
      };
      return { events: [confirmed, ...onceIdentified(life, rules)] };
    }
    case 'fail-identity':
      return failIdentity(command, life, rules);
    case 'accept':
      return life.state === 'in-review' ? { events: grant(rules) } : wrongState('in-review', life);
    case 'refuse':
      return refuse(command, life, rules);
    case 'pay':
      return pay(command, life);
    case 'withdraw':
      return withdraw(life, now, rules);
    case 'answer':
      return answer(command, life, rules);
    case 'close': {
      const { because, other } = command;
      return {
        events: [
          { type: 'closed', because, ...(other === undefined ? {} : { other }) },
          due(because === 'nothing-held' ? 'nothing-held' : 'completed'),
        ],
      };
    }
    case 'move':
      return { events: move(command.to, life) };
    case 'tick':
      return { events: tick(life, now, rules) };
  }
}

const nothing: LifeDecision = { events: [] };
const due = (notice: Extract<RequestHappening, { type: 'notice-due' }>['notice']) => ({
  type: 'notice-due' as const,
  notice,
});
const reject = (code: string, message: string, field?: string): LifeDecision => ({
  rejected: { code, message, ...(field === undefined ? {} : { field }) },
});
const wrongState = (wanted: string, { state }: Life): LifeDecision =>
  reject('wrong-state', `it has to be ${wanted} and is ${state}`);

function ended(command: LifeCommand, { state, answered }: Life): LifeDecision {
  if (command.type === 'withdraw' && state === 'withdrawn') return nothing;
  if (command.type === 'answer' && answered !== undefined && answered.evidence === command.evidence)
    return nothing;
  return reject('at-its-end', `it is ${state}: nothing more can be done about it`);
}

function receive(
  command: Extract<LifeCommand, { type: 'receive' }>,
  life: Life,
  rules: LifeRules,
): LifeDecision {
  if (life.n > 0) return reject('known', 'it has arrived before');
  const { identity, note, review, about } = command;
  const received = {
    type: 'received' as const,
    identity,
    ...(note === undefined ? {} : { note }),
    ...(review === undefined ? {} : { review }),
    ...(about === undefined ? {} : { about }),
  };
  if (identity === 'required') return { events: [received, { type: 'identity-asked' }] };
  return {
    events: [
      received,
      { type: 'identity-confirmed', method: 'vouched' },
      ...onceIdentified({ ...life, arrival: received }, rules),
    ],
  };
}

/** It is known who asks: somebody has to look at it, or it is granted. */
function onceIdentified({ arrival }: Life, rules: LifeRules): RequestHappening[] {
  const isReviewed = rightRules[rules.type].reviewed || arrival?.review === true;
  return isReviewed ? [{ type: 'review-asked' }] : grant(rules);
}

const grant = ({ fee, feeUntil }: LifeRules): RequestHappening[] =>
  fee > 0
    ? [{ type: 'fee-asked', yen: fee, until: feeUntil }, due('fee')]
    : [{ type: 'accepted' }, due('accepted')];

function failIdentity(
  { reason, missing }: Extract<LifeCommand, { type: 'fail-identity' }>,
  life: Life,
  { grounds }: LifeRules,
): LifeDecision {
  if (life.state !== 'checking-identity' && life.state !== 'incomplete' && life.state !== 'received')
    return wrongState('checking-identity or incomplete', life);
  const known = life.state === 'incomplete' && [...life.missing].sort().join() === [...missing].sort().join();
  if (known) return nothing;
  const failed = { type: 'identity-failed' as const, reason, missing };
  if (!grounds.includes(identityGround)) return { events: [failed, due('incomplete')] };
  return {
    events: [
      failed,
      { type: 'refused', ground: identityGround, reason: identityReason(reason), parts: [] },
      due('refused'),
    ],
  };
}

function refuse(
  { ground, reason, parts }: Extract<LifeCommand, { type: 'refuse' }>,
  life: Life,
  rules: LifeRules,
): LifeDecision {
  if (life.state !== 'in-review') return wrongState('in-review', life);
  if (!rules.grounds.includes(ground)) {
    const allowed =
      rules.grounds.length === 0
        ? 'the policy allows no refusal of this right'
        : `the policy allows only ${rules.grounds.join(', ')} for this right (R9)`;
    return reject('ground-not-allowed', allowed, 'ground');
  }
  const refused = { type: 'refused' as const, ground, reason, parts };
  if (parts.length === 0) return { events: [refused, due('refused')] };
  return { events: [refused, due('refused-in-part'), ...grant(rules)] };
}

function pay({ yen, reference }: Extract<LifeCommand, { type: 'pay' }>, life: Life): LifeDecision {
  if (life.state !== 'awaiting-fee' || life.fee === undefined) return wrongState('awaiting-fee', life);
  if (yen !== life.fee.yen)
    return reject('wrong-amount', `${String(life.fee.yen)} yen were asked for`, 'yen');
  return { events: [{ type: 'fee-paid', yen, reference }, { type: 'accepted' }, due('accepted')] };
}

/** What is under way at the holders can't be called back by leaving it alone; what only waits for somebody can. */
function withdraw({ state }: Life, now: Date, { type, undoUntil }: LifeRules): LifeDecision {
  const isAnswer = rightRules[type].answersNobody || type === 'correction' || type === 'addition';
  const underWay = [
    'hiding',
    'undo-window',
    'on-hold',
    'shredding',
    'carrying-out',
    'waiting-for-holder',
  ].includes(state);
  const canUndo = state === 'on-hold' || (undoUntil !== undefined && now < undoUntil);
  const isOnlyWaiting = (isAnswer && !underWay) || canUndo;
  const isCarried = underWay || state === 'accepted' || state === 'waiting-for-operator';
  if (isCarried && !isOnlyWaiting)
    return reject(
      'under-way',
      'it is being carried out and can no longer be taken back; a suspension is taken back by a resume',
    );
  return { events: [{ type: 'withdrawn' }, due('withdrawn')] };
}

function answer(
  { evidence, digest }: Extract<LifeCommand, { type: 'answer' }>,
  life: Life,
  { type }: LifeRules,
): LifeDecision {
  const isAnswer = rightRules[type].answersNobody || type === 'correction' || type === 'addition';
  if (!isAnswer) return reject('not-answered', 'a request of this type ends when its holders have acted');
  if (life.state !== 'accepted' && life.state !== 'waiting-for-operator')
    return wrongState('accepted or waiting-for-operator', life);
  const answered = {
    type: 'answered' as const,
    ...(evidence === undefined ? {} : { evidence }),
    ...(digest === undefined ? {} : { digest }),
  };
  return { events: [answered, due('answered')] };
}

/** Where the execution of a request takes it. Pure. */
export function move(to: RequestState, life: Life): RequestHappening[] {
  if (to === life.state) return [];
  const moved = { type: 'moved' as const, to };
  // Told once, however many holds follow on each other.
  if (to === 'on-hold' && !life.notices.some(({ kind }) => kind === 'held')) return [moved, due('held')];
  return to === 'done' ? [moved, due('completed')] : [moved];
}

function tick(life: Life, now: Date, { dueAt, warnDays }: LifeRules): RequestHappening[] {
  if (life.state === 'awaiting-fee' && life.fee !== undefined && life.fee.until < now)
    return [{ type: 'lapsed' }, due('lapsed')];
  if (now > dueAt) return life.escalated ? [] : [{ type: 'escalated' }];
  const left = (dueAt.getTime() - now.getTime()) / 86_400_000;
  // Of several that have passed unseen, the latest says it all.
  const passed = warnDays.filter((days) => left <= days);
  const days = Math.min(...passed);
  return passed.length === 0 || life.warned.some((told) => told <= days) ? [] : [{ type: 'warned', days }];
}

function markSent(
  { notice, reference }: Extract<LifeCommand, { type: 'mark-sent' }>,
  life: Life,
): LifeDecision {
  const found = life.notices.find(({ n }) => n === notice);
  if (found === undefined) return reject('unknown-notice', 'there is no notice with this number');
  if (found.sentAt !== undefined) return nothing;
  return { events: [{ type: 'notice-sent', notice, ...(reference === undefined ? {} : { reference }) }] };
}
