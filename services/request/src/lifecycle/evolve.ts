import {
  finalStates,
  type NoticeKind,
  type RequestEvent,
  type RequestHappening,
  type RequestState,
} from '@keiro/schemas';

/** What the events of a request add up to. */
export interface Life {
  readonly state: RequestState;
  /** How many events there were. */
  readonly n: number;
  readonly arrival?: Extract<RequestHappening, { type: 'received' }>;
  readonly identified: boolean;
  /** Of an incomplete one. */
  readonly missing: readonly string[];
  readonly refusals: readonly (Extract<RequestHappening, { type: 'refused' }> & { readonly at: Date })[];
  readonly fee?: { readonly yen: number; readonly until: Date; readonly paidAt?: Date };
  readonly answered?: { readonly at: Date; readonly evidence?: string };
  readonly warned: readonly number[];
  readonly escalated: boolean;
  readonly notices: readonly Notice[];
}

/** Something that the person has to be told. */
export interface Notice {
  readonly n: number;
  readonly kind: NoticeKind;
  readonly at: Date;
  readonly sentAt?: Date;
}

export const unborn: Life = {
  state: 'received',
  n: 0,
  identified: false,
  missing: [],
  refusals: [],
  warned: [],
  escalated: false,
  notices: [],
};

/** Pure. */
export function evolve(life: Life, event: RequestEvent): Life {
  const next = { ...life, n: event.n };
  switch (event.type) {
    case 'received':
      return { ...next, state: 'received', arrival: event };
    case 'identity-asked':
      return { ...next, state: 'checking-identity' };
    case 'identity-confirmed':
      return { ...next, state: 'received', identified: true, missing: [] };
    case 'identity-failed':
      return { ...next, state: 'incomplete', identified: false, missing: event.missing };
    case 'review-asked':
      return { ...next, state: 'in-review' };
    case 'refused':
      return {
        ...next,
        state: event.parts.length === 0 ? 'refused' : life.state,
        refusals: [...life.refusals, event],
      };
    case 'fee-asked':
      return { ...next, state: 'awaiting-fee', fee: { yen: event.yen, until: event.until } };
    case 'fee-paid':
      return { ...next, ...(life.fee === undefined ? {} : { fee: { ...life.fee, paidAt: event.at } }) };
    case 'lapsed':
      return { ...next, state: 'lapsed' };
    case 'withdrawn':
      return { ...next, state: 'withdrawn' };
    case 'accepted':
      return { ...next, state: 'accepted' };
    case 'moved':
      return { ...next, state: event.to };
    case 'answered':
      return {
        ...next,
        state: 'done',
        answered: { at: event.at, ...(event.evidence === undefined ? {} : { evidence: event.evidence }) },
      };
    case 'closed':
      return { ...next, state: 'done' };
    case 'warned':
      return { ...next, warned: [...life.warned, event.days] };
    // It was done long ago.
    case 'rest-erased':
      return next;
    case 'escalated':
      return { ...next, escalated: true };
    case 'notice-due':
      return { ...next, notices: [...life.notices, { n: event.n, kind: event.notice, at: event.at }] };
    case 'notice-sent':
      return {
        ...next,
        notices: life.notices.map((one) => (one.n === event.notice ? { ...one, sentAt: event.at } : one)),
      };
  }
}

/** Pure. */
export const lifeOf = (events: readonly RequestEvent[]): Life => events.reduce(evolve, unborn);

/** Numbers of the notices that nobody has marked sent. Pure. */
export const unsentOf = ({ notices }: Life): number[] =>
  notices.flatMap(({ n, sentAt }) => (sentAt === undefined ? [n] : []));

export const isFinal = (state: RequestState): boolean => finalStates.some((one) => one === state);

/** Numbers what happened, after all that had happened before. Pure. */
export const numbered = (
  happenings: readonly RequestHappening[],
  after: number,
  at: Date,
  by: string,
): RequestEvent[] => happenings.map((one, index) => ({ ...one, n: after + index + 1, at, by }));
