import { rootOf } from './merkle.ts';
import {
  detailDigestOf,
  leafOf,
  noSegment,
  segmentHash,
  signedText,
  type AuditLine,
  type ChainHead,
  type Segment,
} from './segment.ts';
import { isSigned } from './signing-keys.ts';

/** What is broken in the audit, by name. */
export interface ChainFault {
  readonly code: ChainFaultCode;
  readonly segment: number;
  /** Id of the entry. */
  readonly entry?: string;
  readonly message: string;
}
export type ChainFaultCode =
  | 'number'
  | 'previous'
  | 'unknown-key'
  | 'signature'
  | 'root'
  | 'count'
  | 'entry-changed'
  | 'detail-changed'
  | 'entry-missing'
  | 'entry-strange'
  | 'entry-twice'
  | 'head-differs'
  | 'head-missing';

export interface ChainCheck {
  /** Faults of one segment with the entries that bear its number or are named in it. Segments come in order. */
  next(segment: Segment, entries: readonly AuditLine[]): ChainFault[];
  /** Faults that show only when all segments were seen. */
  end(): ChainFault[];
  readonly counted: { readonly segments: number; readonly entries: number; readonly detailsExpired: number };
}

/**
 * Walks the chain from its first segment, or from the one after `after`. Pure.
 *
 * @param keys public keys by id: see `believedKeys`
 * @param heads what is held outside the store, by number
 */
export function checkChain(
  keys: ReadonlyMap<string, string>,
  heads: ReadonlyMap<number, string>,
  after?: ChainHead,
): ChainCheck {
  let before = after;
  const seen = new Map<string, number>();
  const counted = { segments: 0, entries: 0, detailsExpired: 0 };

  return {
    counted,
    next(segment, entries) {
      const { head, leaves } = segment;
      const { number } = head;
      const fault = (code: ChainFaultCode, message: string, entry?: string): ChainFault => ({
        code,
        segment: number,
        ...(entry === undefined ? {} : { entry }),
        message,
      });
      const faults = [
        ...checkLinks(segment, before, fault),
        ...checkSignature(segment, keys, fault),
        ...checkLeaves(segment, fault),
      ];
      for (const { id } of leaves) {
        const earlier = seen.get(id);
        if (earlier !== undefined)
          faults.push(fault('entry-twice', `is sealed in segment ${String(earlier)} too`, id));
        seen.set(id, number);
      }
      faults.push(...checkEntries(segment, entries, fault));
      counted.segments += 1;
      counted.entries += leaves.length;
      counted.detailsExpired += entries.filter(({ detail }) => detail === undefined).length;
      before = { number, hash: segmentHash(segment), sealedAt: head.sealedAt };
      const held = heads.get(number);
      if (held !== undefined && held !== before.hash)
        faults.push(fault('head-differs', 'is not the segment whose head is held outside the store'));
      return faults;
    },
    end() {
      const last = before?.number ?? 0;
      return [...heads.keys()]
        .filter((number) => number > last)
        .sort((one, other) => one - other)
        .slice(0, 1)
        .map((number) => ({
          code: 'head-missing',
          segment: number,
          message: 'is missing: its head is held outside the store',
        }));
    },
  };
}

type Fault = (code: ChainFaultCode, message: string, entry?: string) => ChainFault;

function checkLinks({ head }: Segment, before: ChainHead | undefined, fault: Fault): ChainFault[] {
  const wanted = (before?.number ?? 0) + 1;
  if (head.number !== wanted) return [fault('number', `stands where segment ${String(wanted)} should be`)];
  return head.previous === (before?.hash ?? noSegment)
    ? []
    : [fault('previous', `does not chain to segment ${String(wanted - 1)} as that is now`)];
}

function checkSignature(
  { head, keyId, signature }: Segment,
  keys: ReadonlyMap<string, string>,
  fault: Fault,
): ChainFault[] {
  const x = keys.get(keyId);
  if (x === undefined)
    return [fault('unknown-key', `is signed by ${keyId}, which no key that is trusted has endorsed`)];
  return isSigned(signedText(head, keyId), signature, x)
    ? []
    : [fault('signature', 'does not bear the signature of its key: its head was changed')];
}

function checkLeaves({ head, leaves }: Segment, fault: Fault): ChainFault[] {
  if (head.count !== leaves.length)
    return [fault('count', `has ${String(leaves.length)} leaves, and ${String(head.count)} were sealed`)];
  return head.root === rootOf(leaves.map(({ hash }) => hash))
    ? []
    : [fault('root', 'has leaves that do not give the root that was signed')];
}

function checkEntries({ head, leaves }: Segment, entries: readonly AuditLine[], fault: Fault): ChainFault[] {
  const byId = new Map(entries.map((entry) => [entry.id, entry]));
  const named = new Set(leaves.map(({ id }) => id));
  const faults = leaves.flatMap(({ id, hash }) => {
    const entry = byId.get(id);
    if (entry === undefined) return [fault('entry-missing', 'was sealed and is gone', id)];
    if (leafOf(entry) !== hash) return [fault('entry-changed', 'is not what was sealed', id)];
    if (entry.detail !== undefined && detailDigestOf(entry.detail) !== entry.detailDigest)
      return [fault('detail-changed', 'has a detail that is not what was sealed', id)];
    return entry.segment === undefined || entry.segment === head.number
      ? []
      : [fault('entry-changed', `bears the number of segment ${String(entry.segment)}`, id)];
  });
  const strange = entries.filter(({ id }) => !named.has(id));
  return [
    ...faults,
    ...strange.map(({ id }) =>
      fault('entry-strange', 'bears the number of a segment that does not name it', id),
    ),
  ];
}
