import type { RowId } from '@keiro/schemas';

/** Where a row of the policy can be seen at work: what would notice its loss, and how compliance asks about it. */
export interface Shown {
  /** `file: name of a test`; the test fails when the behaviour is taken away. */
  readonly tests: readonly string[];
  /** As somebody types it after `keiro`. */
  readonly ask: string;
}

/** A row whose behaviour does not exist yet, or not all of it: what is missing. */
export interface Later {
  readonly missing: string;
}

const events =
  'unit/events.test.ts: has one type for each category C1 to C7, each with a topic of the pipeline';
const tagged =
  'integration/tag.test.ts: becomes a record with purposes and an end, links both ways, and a message for followers';
const allowed = 'unit/transfer-authorise.test.ts: $row: $name';
const refused = 'unit/transfer-refuse.test.ts: $row: $name';
const byPurpose = 'unit/guard.test.ts: for %s: the groups that the purpose covers, and no other';

/** Every row once: in `shown`, or in `later` where something of it is missing. */
export const shown: Readonly<Partial<Record<RowId, Shown>>> = {
  I0: {
    tests: ['unit/policy-rows.test.ts: that a law decides cites its article'],
    ask: 'policy show',
  },
  D1: {
    tests: [
      'unit/person-properties.test.ts: is never two members, and has nothing that another member was seen with',
      'integration/late-link.test.ts: has one lineage with every earlier record, and a deletion reaches them',
      'integration/late-link.test.ts: end in the same lineage, byte for byte apart from positions and recording times',
      'unit/request-extend.test.ts: a person ends suspended, every ref, whether the links came before or after',
    ],
    ask: 'lineage',
  },
  C1: { tests: [events, tagged], ask: 'lineage' },
  C2: { tests: [events, tagged], ask: 'lineage' },
  C3: {
    tests: [
      events,
      'unit/policy-check.test.ts: is found to have a blank contact and to capture before registration, and nothing else',
    ],
    ask: 'policy check',
  },
  C4: {
    tests: [
      'integration/capture.test.ts: sends every line once, tells by number what it could not read, and never shows a line',
    ],
    ask: 'capture access-log',
  },
  C5: { tests: ['unit/events.test.ts: a card number in $field of $name is refused there'], ask: 'lineage' },
  C6: { tests: [events, tagged], ask: 'lineage' },
  C7: { tests: [events, tagged], ask: 'lineage' },
  P1: { tests: [byPurpose], ask: 'policy explain' },
  P2: { tests: [byPurpose], ask: 'policy explain' },
  P3: { tests: [byPurpose], ask: 'policy explain' },
  P4: {
    tests: [
      'unit/guard.test.ts: is judged record by record: marketing reads a campaign entry only of those who asked for it',
    ],
    ask: 'policy explain',
  },
  PM: {
    tests: [
      'unit/policy.test.ts: are there for exactly the groups that events have',
      'integration/quarantine-end.test.ts: expires, with its content gone and one audit entry',
      'integration/retention.test.ts: takes what has ended from holders by its place, then from lineage, and leaves the rest',
      'integration/retention.test.ts: goes after the last record, and a new event begins a new life',
    ],
    ask: 'policy explain',
  },
  T0: {
    tests: [
      allowed,
      'unit/transfer-refuse.test.ts: T0: to somebody who is not registered',
      'integration/transfer.test.ts: become violations, in sight of compliance until an operator closes them; those in order do not',
      'integration/request.test.ts: is returned alone, by locator, found while nobody was there to tell the holder; it is closed only then',
    ],
    ask: 'violations list',
  },
  TA: {
    tests: [
      refused,
      'integration/transfer.test.ts: is authorised or refused one by one, in the order asked; what is refused is audited',
    ],
    ask: 'lineage',
  },
  TB: {
    tests: [
      allowed,
      'unit/transfer-refuse.test.ts: TB: in the words that the policy permits it and the Act does not',
    ],
    ask: 'violations list',
  },
  TC: { tests: [allowed, refused], ask: 'violations list' },
  TD: { tests: [allowed, refused], ask: 'violations list' },
  TE: { tests: [allowed, refused], ask: 'violations list' },
  TF: { tests: [allowed, refused], ask: 'violations list' },
  T1: {
    tests: [
      refused,
      'integration/guarded-consumer.test.ts: T1: keeps back everything once its contract has ended, keys at hand or not, and delivers it when it is mended',
    ],
    ask: 'holders check',
  },
  T2: { tests: [allowed, refused], ask: 'holders check' },
  T4: {
    tests: ['unit/transfer-refuse.test.ts: T4: to a joint user whose announcement lacks %s'],
    ask: 'holders check',
  },
  R4: {
    tests: [
      'integration/floors.test.ts: narrows what the law keeps to that, at who has the duty, and erases the rest; as a dry run had said',
      'integration/floors.test.ts: ends with its law: the rest goes everywhere, the keys too, and a second certificate says so',
      'unit/floors.test.ts: is the books of a payment, at who has the duty, until the law ends; neither e-mail nor card',
      'integration/holds.test.ts: hides everything, erases nothing, and is taken back within it; after it, it goes on by itself',
      'integration/holds.test.ts: by an identifier that is linked only later keeps a deletion waiting, hidden, and ends it by itself',
      'integration/request.test.ts: reaches every holder, by identifier and by locator, is proven by a second look, and ends the keys',
    ],
    ask: 'request deletion',
  },
  R5: {
    tests: [
      'integration/guarded-consumer.test.ts: R5: keeps back what its person suspended, and delivers it on resume',
      'integration/extend.test.ts: R5: is suspended with the person, its earlier records too, and resumed with the person',
      'integration/key-audit.test.ts: opens what is suspended and denied, answers in the undo window, and never what is erased',
    ],
    ask: 'request suspension',
  },
  R6: {
    tests: [
      'unit/request-outcomes.test.ts: denies every third party, joint user and analytics, those to come too, and no processor',
      'integration/request.test.ts: R6: a denial reaches the third party that holds a copy, no processor and no store, and is taken back',
      'unit/transfer-refuse.test.ts: to a joint user that was registered after the person denied every third party',
    ],
    ask: 'request create',
  },
  R7: {
    tests: [
      'unit/request-outcomes.test.ts: is due at the end of the 14th day after it arrived, in Japan, whatever happened',
      'unit/request-clock.test.ts: R7: is warned of once on each day that was set, and escalated once',
    ],
    ask: 'request list',
  },
  R8: {
    tests: [
      'unit/request-outcomes.test.ts: is for disclosure alone, and nothing until it is published',
      'unit/request-clock.test.ts: R8: what nobody pays lapses after the last day to pay, in Japan',
    ],
    ask: 'request fee',
  },
  R9: {
    tests: [
      'unit/request-outcomes.test.ts: rests on a ground of that very right, and on no other',
      'integration/request.test.ts: R9: is refused in part on a ground of its right; the rest is done, and the person has to be told each time',
      'integration/request-identity.test.ts: that can’t be confirmed is refused as a disclosure and left incomplete otherwise, alike for nobody',
      'integration/identity.test.ts: is answered alike whether or not the person exists or has an address, until it has failed',
    ],
    ask: 'request refuse',
  },
  Q1: {
    tests: [
      'unit/request-outcomes.test.ts: Q1: may ask a question all the same',
      'integration/request.test.ts: Q1, R1: a question waits for who answers it; a notice of purposes is answered by what is held',
    ],
    ask: 'request answered',
  },
  R1: {
    tests: [
      'integration/disclosure.test.ts: R1: is answered by a pack of all that the stores have, which opens once for who gets the key, and is gone afterwards',
      'unit/packs.test.ts: leaves out what a row says of other people, and counts it',
    ],
    ask: 'request pack',
  },
  R2: {
    tests: [
      'integration/disclosure.test.ts: R2, R3: reaches every holder of the field and is read back; what it sets is in clear nowhere and forgotten',
      'unit/packs.test.ts: is a personal field by its own schema, said by position and without the value',
    ],
    ask: 'request create',
  },
  R3: {
    tests: [
      'integration/disclosure.test.ts: R2, R3: reaches every holder of the field and is read back; what it sets is in clear nowhere and forgotten',
    ],
    ask: 'request create',
  },
  T3: {
    tests: [
      'integration/restore.test.ts: restored over its store keeps the gate closed until what was erased since has gone again',
      'integration/request.test.ts: reaches every holder, by identifier and by locator, is proven by a second look, and ends the keys',
      'unit/dr.test.ts: is every image taken between the first copy and the sweep, until the last of them ends',
    ],
    ask: 'dr status',
  },
  S1: {
    tests: [
      'integration/keys.test.ts: a holder cannot seal and a producer cannot open: separate rights',
      'integration/evidence.test.ts: is found changed in MongoDB, by name: an entry, a receipt of its certificate, a chain cut at its end',
      'integration/evidence.test.ts: has a certificate with every receipt, which is verified offline with the public key alone',
      'unit/audit-chain.test.ts: finds and names what was dropped, added, sealed twice or moved to another segment',
    ],
    ask: 'audit verify',
  },
  G1: {
    tests: [
      'e2e/analytics-tag.test.ts: passes with consent, and sends nothing before it',
      'e2e/analytics-tag.test.ts: sends nothing from a browser with the opt-out add-on',
      'e2e/analytics-tag.test.ts: is refused with each thing that it gives away, and never shows it',
      'unit/transfer-refuse.test.ts: $row: $name',
      'unit/analytics-tag.test.ts: is recorded, and carries nothing that APPI 28 or 31 want a consent for',
      'integration/connector-analytics.test.ts: is told each client id once, and says up to when its data end',
    ],
    ask: 'analytics check',
  },
  X1: { tests: ['integration/collect.test.ts: events.2.data.site foreign_site'], ask: 'policy show' },
  X2: {
    tests: ['integration/tag.test.ts: of a user whom a customer controls keeps to that customer'],
    ask: 'lineage',
  },
  V1: {
    tests: [
      'integration/policy-publish.test.ts: is recorded with its text, its day and what was decided, audited, and known to every service',
      'unit/policy-publish.test.ts: while nobody has decided of a purpose that changes, or has decided it on a day to come',
      'unit/policy-live.test.ts: tags only what is collected under it; an event from before its day is set aside',
      'unit/guard.test.ts: a purpose that was added (%s) reads what was collected under that version, and nothing from before',
    ],
    ask: 'policy publish',
  },
  V2: {
    tests: [
      'unit/policy.test.ts: are three, the first two with unknown texts and the rules of the third',
      'integration/policy-diff.test.ts: nothing where nothing changed, and unknown where a text is',
    ],
    ask: 'policy diff',
  },
  A1: {
    tests: [
      'unit/today.test.ts: tells of a request five days before its end, after it, and whenever it waits for an operator',
      'unit/today.test.ts: tells of what of a holder lapses within 30 days, or has',
      'integration/query.test.ts: says how far behind the pipeline is',
      'integration/query.test.ts: today lists what waits for somebody, and ends with 1 for it',
    ],
    ask: 'today',
  },
  L1: {
    tests: [
      'unit/policy-period.test.ts: is not counted in UTC: the last hours of a month there are the next month here',
    ],
    ask: 'policy show',
  },
  L2: {
    tests: [
      'unit/policy-rows.test.ts: is a clause in Japanese and English, and the source of a rule or listed',
      'unit/policy-text.test.ts: in English says that it is a translation, and names the contact that was filled in',
    ],
    ask: 'policy show',
  },
};

export const later: Readonly<Partial<Record<RowId, Later>>> = {};
