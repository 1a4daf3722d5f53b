import { describe, expect, it } from '@jest/globals';
import { shippedPolicies, type Ref, type ReleaseRefusal, type Standing } from '@keiro/schemas';
import { lifeOf } from '@keiro/scripts/bench/wire-events';
import { admitter, type GuardedMessage } from '@keiro/sdk';
import { openBatch } from '@keiro/sdk/open-batch';
import { sealedEvent } from '../builders/wire.ts';

const [member, email] = [lifeOf('member', 'somebody'), lifeOf('email', 'somebody')];
const now = new Date('2026-04-01T09:00:01+09:00');

function admitted(): GuardedMessage {
  const event = sealedEvent({ type: 'registration', id: 'e-1', refs: [member, email] });
  const { topic, key, headers } = event;
  const message = { topic, partition: 0, offset: '7', timestamp: 0, key, headers, value: null };
  const guarded = admitter('membership', shippedPolicies(), now)(message, event.value);
  if (typeof guarded === 'string') throw new Error(guarded);
  return guarded;
}

const standing = (ref: Ref, change: Partial<Standing>): [Ref, Standing] => [
  ref,
  { ref, hiddenThrough: 0, erasedThrough: 0, suspended: [], request: 'r', at: now.toISOString(), ...change },
];
const hidden = { hiddenThrough: 1 };
const erased = { hiddenThrough: 1, erasedThrough: 1 };
const suspended = { suspended: ['membership'] };

interface Case {
  readonly standings?: readonly [Ref, Standing][];
  readonly refused?: ReleaseRefusal;
  readonly stands?: false;
}

/** What becomes of one event of the person. */
function fateOf({ standings = [], refused, stands }: Case): string[] {
  const known = new Map(standings);
  const opened = openBatch(
    [admitted()],
    refused === undefined ? [] : [{ state: 'refused', reason: refused }],
    {
      reading: { purpose: 'membership', holder: 'crm' },
      standingOf: (ref) => known.get(ref),
      stands: stands ?? true,
    },
  );
  return (['ready', 'held', 'hidden', 'gone', 'damaged'] as const).filter((fate) => opened[fate].length > 0);
}

describe('what a guarded consumer does with an event', () => {
  const cases: readonly [string, Case, readonly string[]][] = [
    ['R5: suspended', { standings: [standing(member.ref, suspended)] }, ['held']],
    [
      'R4: hidden while its deletion can be taken back',
      { standings: [standing(member.ref, hidden)] },
      ['held', 'hidden'],
    ],
    [
      'R4: hidden by another of its identifiers',
      { standings: [standing(email.ref, hidden)] },
      ['held', 'hidden'],
    ],
    ['R4: hidden, as only keys have heard', { refused: 'hidden' }, ['held', 'hidden']],
    [
      'R4: hidden and suspended',
      { standings: [standing(member.ref, { ...hidden, ...suspended })] },
      ['held', 'hidden'],
    ],
    [
      'R4: hidden, the holder’s basis lapsed besides',
      { standings: [standing(member.ref, hidden)], stands: false },
      ['held', 'hidden'],
    ],
    ['R4: erased', { standings: [standing(member.ref, erased)] }, ['gone']],
    [
      'R4: erased by one identifier, hidden by another',
      { standings: [standing(member.ref, hidden), standing(email.ref, erased)] },
      ['gone'],
    ],
    [
      'R4: erased, as only keys have heard',
      { standings: [standing(member.ref, hidden)], refused: 'erased' },
      ['gone'],
    ],
    ['T1: the basis lapsed', { refused: 'lapsed' }, ['held']],
    ['its key is nobody’s', { refused: 'unknown' }, ['damaged']],
  ];
  it.each(cases)('%s', (_name, given, fate) => {
    expect(fateOf(given)).toEqual(fate);
  });
});
