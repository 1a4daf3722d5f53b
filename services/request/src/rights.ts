import type { Policy, RequestType, RestsOn, RowId } from '@keiro/schemas';

/** How requests of one type go. */
export interface RightRule extends RestsOn {
  readonly row: RowId;
  /** Id among the policy's rights: its grounds are the only ones on which this may be refused (R9). */
  readonly right?: string;
  /** Somebody decides whether it is granted, after it is known who asks. */
  readonly reviewed: boolean;
  /** May cost the policy's fee (R8, APPI 38): disclosure alone, because the policy says so of nothing else. */
  readonly fee: boolean;
  /** That nothing is held is an answer too (APPI 33(3)); of the others nothing is left to do. */
  readonly answersNobody: boolean;
  /** How a request is told from another one for the same thing; none of a kind is ever the same. */
  readonly family?: 'deletion' | 'use' | RequestType;
}

const law = (row: RowId, ...articles: string[]) => ({ on: 'law' as const, row, articles });
const promise = (row: RowId) => ({ on: 'policy' as const, row, articles: [] });
const asks = { reviewed: false, fee: false, answersNobody: true };
const acts = { reviewed: false, fee: false, answersNobody: false };

/**
 * What each type rests on. The Act gives disclosure and correction; it gives erasure, suspension and the stop of
 * provision only for the reasons of 34 and 35, while the policy promises them to whoever asks (R4, R5, R6).
 */
export const rightRules: Readonly<Record<RequestType, RightRule>> = {
  disclosure: {
    ...law('R1', 'APPI 33(1)'),
    ...asks,
    right: 'disclosure',
    reviewed: true,
    fee: true,
    family: 'disclosure',
  },
  'provision-disclosure': {
    ...law('R1', 'APPI 33(5)'),
    ...asks,
    right: 'disclosure',
    reviewed: true,
    family: 'provision-disclosure',
  },
  'overseas-measures': { ...law('R1', 'APPI 28(3)'), ...asks, family: 'overseas-measures' },
  'purpose-notice': { ...law('R1', 'APPI 32(2)'), ...asks, family: 'purpose-notice' },
  correction: { ...law('R2', 'APPI 34(1)'), ...acts, right: 'correction', reviewed: true },
  addition: { ...law('R3', 'APPI 34(1)'), ...acts, right: 'addition', reviewed: true },
  deletion: { ...promise('R4'), ...acts, right: 'deletion', family: 'deletion' },
  suspension: { ...promise('R5'), ...acts, right: 'suspension', family: 'use' },
  resume: { ...promise('R5'), ...acts, family: 'use' },
  'third-party-denial': { ...promise('R6'), ...acts, right: 'third-party-stop', family: 'use' },
  question: { ...promise('Q1'), ...asks },
  return: { ...law('T0', 'APPI 27(1)'), ...acts, family: 'return' },
  retention: { ...law('PM', 'APPI 22'), ...acts, family: 'retention' },
};

/** R9: a fee, a ground, a text: all of it as the policy in force has it. Pure. */
export function groundsFor(type: RequestType, policy: Policy): readonly string[] {
  const { right } = rightRules[type];
  return right === undefined ? [] : (policy.rules.rights[right]?.grounds ?? []);
}

/** Yen; 0 where nothing may be asked for. Pure. */
export function feeFor(type: RequestType, policy: Policy): number {
  const { right, fee } = rightRules[type];
  const allowed = fee && right !== undefined && policy.rules.rights[right]?.feeAllowed === true;
  return allowed ? policy.rules.fees.disclosure : 0;
}

/** APPI 33 and 37: what can't be confirmed ends what may be refused for that; anything else stays incomplete (R9). */
export const identityGround = 'identity-unconfirmed';
