import { describe, expect, it } from '@jest/globals';
import { locatorsOf } from '@keiro/erase/returned';
import { copiesOf } from '@keiro/query/copies';
import { erasuresOf, returnsOf } from '@keiro/query/erasures';
import { provenBy, returnOf } from '@keiro/request/return';
import { withinRoom } from '@keiro/request/return-store';
import { stageOf } from '@keiro/request/stages';
import {
  createRequestSchema,
  knowsLocators,
  returnId,
  violationId,
  violationView,
  type CopyDocument,
  type ViolationDocument,
} from '@keiro/schemas';
import { custodyGroup, groupKeyOf, locatorAssociated, seal, sealKeyOf } from '@keiro/sdk';
import { notReturned } from '@keiro/transfer/violations';
import { factOf, minute, provenTask, recordOf, refOf, requestOf, taskOf } from '../builders/lineage.ts';

const ref = refOf('member', 'suzuki');
const record = recordOf(ref, 'e-1');
const violation = (more: Partial<ViolationDocument> = {}): ViolationDocument => ({
  _id: violationId(record._id, 'partner'),
  holder: 'partner',
  copy: { record: record._id, ref, generation: 1, purpose: 'marketing', category: 'C1' },
  reason: 'consent-missing',
  row: 'TA',
  articles: ['APPI 27(1)'],
  at: minute(10),
  foundAt: minute(11),
  ...more,
});
const directive = (more: Partial<ViolationDocument> = {}) => returnOf(violation(more), 'P14D', minute(12));

describe('T0: a violation', () => {
  it('makes one request with one task, for that copy at that holder alone', () => {
    const made = directive();
    expect(made?.request).toMatchObject({
      _id: returnId(violation()._id),
      type: 'return',
      lives: [{ ref, generation: 1 }],
      returns: { violation: violation()._id, record: record._id, holder: 'partner' },
      purposes: [],
      state: 'accepted',
      dueAt: new Date('2026-03-15T14:59:59.999Z'),
    });
    expect(made?.task).toMatchObject({
      _id: `${returnId(violation()._id)}.partner`,
      directive: 'erase',
      records: [record._id],
      state: 'pending',
    });
    expect(made?.audit).toMatchObject({ action: 'request.accepted', detail: { reason: 'consent-missing' } });
  });

  it('makes the same when it is found again, and another for another holder', () => {
    const again = returnOf(violation(), 'P14D', minute(50));
    expect([again?.request._id, again?.task._id, again?.audit._id]).toEqual([
      directive()?.request._id,
      directive()?.task._id,
      directive()?.audit._id,
    ]);
    expect(directive({ _id: violationId(record._id, 'other') })?.request._id).not.toBe(again?.request._id);
  });

  it('makes none where a site has all of a store, or where an operator has closed it', () => {
    const { copy: _, ...site } = violation({ snapshot: { store: 'crm', snapshot: 's-1' } });
    expect(returnOf(site, 'P14D', minute(12))).toBeUndefined();
    const closed = { at: minute(11), by: 'operator', reason: 'reported-in-error' } as const;
    expect(directive({ closed })).toBeUndefined();
  });

  it('is not what anybody may ask for', () => {
    const body = { type: 'return', subject: { member: 'm-1' } };
    expect(createRequestSchema.safeParse(body).success).toBe(false);
  });

  it('goes the way of no deletion: nothing is hidden, nothing shredded', () => {
    const made = directive();
    if (made === undefined) throw new Error('one');
    const stages = (['accepted', 'carrying-out', 'waiting-for-operator'] as const).map((state) =>
      stageOf({ ...made.request, state }),
    );
    expect(new Set(stages.map((stage) => stage?.name))).toEqual(new Set(['giveBack']));
    expect(stageOf({ ...made.request, state: 'done' })).toBeUndefined();
  });
});

describe('a return that a deletion overtakes', () => {
  const made = directive();
  if (made === undefined) throw new Error('one');
  const deletion = (shredded: number, generation = 1) =>
    requestOf('r-1', {
      lives: [{ ref, generation }],
      steps: [{ step: 'shredded', at: minute(shredded), evidence: {} }],
    });
  const swept = [provenTask('r-1', 'partner', minute(40))];

  it('is proven by its probe at that holder', () => {
    expect(provenBy(deletion(30), swept, made.request)).toEqual({ at: minute(40), found: 0 });
  });

  it('is not, where it began before the copy was known, at other holders or of another life', () => {
    expect(provenBy(deletion(11), swept, made.request)).toBeUndefined();
    expect(provenBy(deletion(30), [provenTask('r-1', 'crm', minute(40))], made.request)).toBeUndefined();
    expect(provenBy(deletion(30, 2), swept, made.request)).toBeUndefined();
    expect(provenBy(deletion(30), [taskOf('r-1', 'partner')], made.request)).toBeUndefined();
  });
});

describe('what a holder is told to return', () => {
  const custodyKey = groupKeyOf(Buffer.alloc(32, 7), custodyGroup);
  const life = {
    ref,
    generation: 1,
    kind: 'member',
    value: 'suzuki',
    custodyKey: custodyKey.toString('base64'),
  };
  let iv = 0;
  const held = (name: string, place: string, at = 10): CopyDocument => {
    const of = recordOf(ref, name);
    const key = sealKeyOf(custodyKey, 'partner');
    const associated = locatorAssociated('partner', of._id);
    return {
      ...factOf(of, 'partner', 'held', minute(at)),
      locator: seal(key, Buffer.from(place), associated, Buffer.alloc(12, (iv += 1))),
    };
  };
  const own = held('e-1', 'row-1');
  const told = (reports: readonly CopyDocument[], withoutBasis: readonly string[] = [], lives = [life]) =>
    locatorsOf([own.record], reports, lives, () => Promise.resolve(new Set(withoutBasis)));

  it('is where that copy is, and not where it has others of the person', async () => {
    expect(await told([own, held('e-2', 'row-2')])).toEqual(['row-1']);
  });

  it('is nothing where the same row is of a record that it may have: a person decides', async () => {
    const other = held('e-2', 'row-1');
    await expect(told([own, other])).rejects.toThrow('in one row with others');
    expect(await told([own, other], [other.record])).toEqual(['row-1']);
    const removed = factOf(recordOf(ref, 'e-2'), 'partner', 'removed', minute(20));
    expect(await told([own, other, removed])).toEqual(['row-1']);
  });

  it('is nothing where nobody knows where the copy is', async () => {
    const { locator: _, ...bare } = own;
    await expect(told([bare])).rejects.toThrow('can only be told about the person as a whole');
    await expect(told([own], [], [])).rejects.toThrow('has been destroyed');
    await expect(told([{ ...own, locator: held('e-9', 'row-9').locator ?? '' }])).rejects.toThrow(
      'does not open',
    );
  });

  it('reaches no processor or site that knows no locators', () => {
    const url = { env: 'SOME_URL' };
    const place = { name: 'people', identifiers: { member: 'member' } };
    const mongodb = { kind: 'mongodb', url, database: 'd' } as const;
    expect([
      knowsLocators({ ...mongodb, collections: [{ ...place, locator: '_id' }] }),
      knowsLocators({ kind: 'directive', patienceSeconds: 60 }),
      knowsLocators({ kind: 'redis', url, keys: [], indexes: [] }),
      knowsLocators({ ...mongodb, collections: [place] }),
      knowsLocators({ kind: 'postgresql', url, database: 'd', tables: [place] }),
      knowsLocators({ kind: 'http', url }),
      knowsLocators({ kind: 'composite', parts: [{ name: 'crm', connector: { kind: 'http', url } }] }),
    ]).toEqual([true, true, true, false, false, false, false]);
  });
});

describe('lineage after a return', () => {
  const facts = [factOf(record, 'partner', 'held', minute(10)), factOf(record, 'crm', 'held', minute(5))];
  const returned = { ...provenTask('ret', 'partner', minute(40)), records: [record._id] };
  const show = (tasks: Parameters<typeof returnsOf>[0], of = record._id) => {
    const life = { ref, generation: 1 };
    const requests = [
      requestOf('ret', { type: 'return', lives: [life] }),
      ...(tasks.some(({ request }) => request === 'del') ? [requestOf('del', { lives: [life] })] : []),
    ];
    const erasure = returnsOf(tasks)(of, erasuresOf(requests, tasks)(life));
    return copiesOf(facts, [], erasure, minute(60)).map((copy) =>
      [copy.holder, copy.state, copy.request].filter((one) => one !== undefined).join(' '),
    );
  };

  it('shows that copy erased by it, no other copy and no other record', () => {
    expect(show([returned])).toEqual(['crm held', 'partner erased ret']);
    expect(show([returned], 'another record')).toEqual(['crm held', 'partner held']);
    // The life is not covered: the record stays what it is.
    const requests = [requestOf('ret', { type: 'return', lives: [{ ref, generation: 1 }] })];
    expect(erasuresOf(requests, [returned])({ ref, generation: 1 })).toBeUndefined();
  });

  it('shows it on its way until then, and held where an operator found a basis', () => {
    const { receipt: _, ...pending } = { ...returned, state: 'pending' as const };
    expect(show([pending])).toEqual(['crm held', 'partner erasing ret']);
    expect(show([{ ...pending, state: 'done' }])).toEqual(['crm held', 'partner held']);
  });

  it('shows what a deletion does besides', () => {
    const deletion = [provenTask('del', 'crm', minute(50)), taskOf('del', 'partner')];
    expect(show([returned, ...deletion])).toEqual(['crm erased del', 'partner erased ret']);
  });
});

describe('a violation is closed as returned', () => {
  const done = provenTask('ret', 'partner', minute(40));
  const refusal = (evidence: Parameters<typeof notReturned>[2]) =>
    notReturned(violation(), 'returned-or-erased', evidence);

  it('once the probe found nothing, or the holder has reported the removal', () => {
    expect(refusal({ task: done })).toBeUndefined();
    expect(
      refusal({ task: taskOf('ret', 'partner', { state: 'failed' }), removed: minute(20) }),
    ).toBeUndefined();
  });

  it('and not before: what is in the way is said with the next step', () => {
    expect(refusal({})).toContain('not been issued yet');
    expect(refusal({ task: taskOf('ret', 'partner') })).toMatch(/is pending.*keiro requests ret/);
    expect(refusal({ task: taskOf('ret', 'partner', { state: 'failed' }) })).toMatch(
      /is failed.*keiro tasks retry ret\.partner/,
    );
    const ended = taskOf('ret', 'partner', { state: 'done', receipt: { affected: 0, detail: {} } });
    expect(refusal({ task: ended })).toContain('nobody has seen');
    // A removal of before is of another copy.
    expect(refusal({ removed: minute(9) })).toContain('not been issued yet');
  });

  it('but for another reason, or of a snapshot, on the operator’s word', () => {
    expect(notReturned(violation(), 'basis-recorded-since', {})).toBeUndefined();
    const { copy: _, ...site } = violation();
    expect(notReturned(site, 'returned-or-erased', {})).toBeUndefined();
  });

  it('and shows its directive', () => {
    expect(violationView(violation(), done).directive).toMatchObject({
      task: 'ret.partner',
      state: 'done',
      receipt: { probe: { found: 0 } },
    });
    expect(violationView(violation()).directive).toBeUndefined();
  });
});

describe('returns under way', () => {
  it('are so many a holder and no more; the others wait for their turn', () => {
    const found = ['a', 'a', 'b', 'a', 'b'].map((holder, n) => ({ _id: `v-${String(n)}`, holder }));
    expect(withinRoom(found, new Map([['a', 1]]), 2)).toEqual(['v-0', 'v-2', 'v-4']);
    expect(withinRoom(found, new Map(), 9)).toHaveLength(5);
    expect(withinRoom(found, new Map([['b', 2]]), 2)).toEqual(['v-0', 'v-1']);
  });
});
