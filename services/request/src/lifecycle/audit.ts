import type { AuditEntry, RequestDocument, RequestEvent } from '@keiro/schemas';

/** What is an entry of its own; the others are told by these. A reason is a text and stays with the request. */
const audited = new Set<RequestEvent['type']>([
  'received',
  'identity-confirmed',
  'identity-failed',
  'refused',
  'fee-asked',
  'fee-paid',
  'lapsed',
  'withdrawn',
  'accepted',
  'answered',
  'closed',
  'warned',
  'escalated',
  'notice-sent',
]);
/** There is one of each in a request. */
const once = new Set<RequestEvent['type']>(['received', 'accepted']);

/** The audit entries of what has just happened to a request; `holders`: those that got a task. Pure. */
export function auditOf(
  request: RequestDocument,
  events: readonly RequestEvent[],
  holders: readonly string[],
): AuditEntry[] {
  // One that is granted as it arrives is one decision.
  const isAtOnce =
    events.some(({ type }) => type === 'received') && events.some(({ type }) => type === 'accepted');
  return events
    .filter(({ type }) => audited.has(type))
    .filter(({ type }) => !isAtOnce || (type !== 'received' && type !== 'identity-confirmed'))
    .map((event) => ({
      _id: once.has(event.type)
        ? `${request._id}/${event.type}`
        : `${request._id}/${event.type}/${String(event.n)}`,
      at: event.at,
      by: event.by,
      action: `request.${event.type}`,
      request: request._id,
      detail:
        event.type === 'accepted' || event.type === 'received'
          ? arrivalDetail(request, event, holders)
          : detailOf(event),
    }));
}

function arrivalDetail(
  { type, purposes, recipients, lives, events = [] }: RequestDocument,
  event: RequestEvent,
  holders: readonly string[],
): AuditEntry['detail'] {
  const arrival = events.find((one) => one.type === 'received');
  return {
    type,
    purposes,
    ...(recipients === undefined ? {} : { recipients }),
    refs: lives.length,
    ...(event.type === 'accepted' ? { holders } : { identity: arrival?.identity }),
    ...(arrival?.note === undefined ? {} : { note: arrival.note }),
  };
}

/** Pure. */
export function detailOf(event: RequestEvent): Record<string, unknown> {
  const { n: _n, at: _at, by: _by, type: _type, ...detail } = event;
  const { reason, ...rest } = detail as Record<string, unknown>;
  return typeof reason === 'string' ? { ...rest, reason } : rest;
}
