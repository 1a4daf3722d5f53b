import { eventDigest, type Consent, type Fact, type FactDocument, type FactKind } from '@keiro/schemas';
import { randomUUID } from 'node:crypto';
import { refOf } from './lineage.ts';

/** A fact as `tag` keeps it, about nobody. */
export function factDocument(
  id: string,
  kind: FactKind,
  time: Date,
  more: Partial<FactDocument> = {},
): FactDocument {
  const ref = more.ref ?? refOf('member', 'hanako');
  return {
    _id: `${ref}#1/${eventDigest('demo-site', id)}`,
    ref,
    generation: 1,
    refs: [{ ref, generation: 1 }],
    kind,
    site: 'www.demo.example',
    source: 'demo-site',
    policy: '2017-02-02',
    time,
    takenAt: time,
    position: { topic: 'collection.facts', partition: 0, offset: '1' },
    digest: id,
    ...more,
  };
}

export const consentTo = (more: Partial<Consent>): Consent => ({
  wording: 'banner-1',
  means: 'form',
  ...more,
});

/** A fact as a producer sends it. */
export function factOf(
  subject: Fact['data']['subject'],
  kind: FactKind,
  more: Partial<Omit<Fact['data'], 'subject' | 'kind'>> & {
    readonly id?: string;
    readonly time?: string;
  } = {},
): Fact {
  const { id = `f-${randomUUID()}`, time = new Date().toISOString(), ...data } = more;
  return {
    specversion: '1.0',
    id,
    source: 'demo-site',
    type: 'fact',
    time,
    policyversion: '2017-02-02',
    data: { subject, site: 'www.demo.example', kind, ...data },
  };
}
