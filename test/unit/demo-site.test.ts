import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { UnavailableError } from '@keiro/runtime';
import { parseEvent, type CollectionEvent, type Fact } from '@keiro/schemas';
import { combinedLine } from '@keiro/scripts/demo/site/access-log';
import { campaignEntered, paid, profileChanged, registered } from '@keiro/scripts/demo/site/events';
import { createMembers } from '@keiro/scripts/demo/site/members';
import { createSubmissions, FormError } from '@keiro/scripts/demo/site/submit';
import { doorOf } from '../builders/door.ts';

const now = () => new Date('2026-03-01T01:02:03.000Z');
const members = createMembers({ random: randomBytes, now });
const moment = { id: 'registration-abc', at: now(), site: 'www.demo.example', policy: '2017-02-02' };

async function newMember() {
  const email = `${randomBytes(4).toString('hex')}@people.example`;
  const applicant = await members.apply({ name: '架空 花子', email, phone: '090-0123-4567' }, 'long-enough');
  if (typeof applicant === 'string') throw new Error('the address is new');
  return applicant;
}

describe('a form', () => {
  const session = members.session(undefined);
  const outcome = (id: string, accepted: string[]) => ({
    events: [{ id } as CollectionEvent],
    accept: () => void accepted.push(id),
    onward: '/thanks',
  });

  it('sends the same events again when the pipeline could not take them, and is accepted once', async () => {
    const sent: (readonly (CollectionEvent | Fact)[])[] = [];
    const accepted: string[] = [];
    const submissions = createSubmissions({
      random: randomBytes,
      emit(events) {
        sent.push(events);
        return sent.length === 1 ? Promise.reject(new UnavailableError('Kafka')) : Promise.resolve();
      },
    });
    const token = submissions.token(session);
    const submit = () => submissions.submit(session, token, (id) => Promise.resolve(outcome(id, accepted)));
    await expect(submit()).rejects.toThrow('Kafka');
    expect(accepted).toEqual([]);
    await expect(submit()).resolves.toEqual({ onward: '/thanks' });
    // A double click: answered as before, and nothing is sent.
    await expect(submit()).resolves.toEqual({ onward: '/thanks' });
    expect(sent).toHaveLength(2);
    expect(sent[1]).toBe(sent[0]);
    expect(accepted).toHaveLength(1);
  });

  it('is refused in another session than the one that it was shown to', async () => {
    const submissions = createSubmissions({ random: randomBytes, emit: () => Promise.resolve() });
    const token = submissions.token(session);
    const other = members.session(undefined);
    for (const given of [token, `${token}x`, undefined, 'a.b']) {
      const submitted = submissions.submit(other, given, (id) => Promise.resolve(outcome(id, [])));
      await expect(submitted).rejects.toBeInstanceOf(FormError);
    }
  });
});

describe('what the site tells the pipeline', () => {
  const isValid = (event: CollectionEvent) => parseEvent(event, doorOf(['www.demo.example'])).ok;

  it('is valid, and leaves out what the visitor left empty', async () => {
    const { member } = await newMember();
    const session = { ...members.session(undefined), member, visitor: 'v-abc' };
    const entry = { campaign: 'spring', name: member.name, email: member.email, marketingOptIn: false };
    const events = [
      registered(moment, member, 'v-abc'),
      profileChanged(moment, session, { name: '架空 花', company: undefined }),
      paid(moment, member, { plan: 'team', price: 2970, cardToken: 'tok-abc', billingAddress: ' ' }),
      campaignEntered(moment, session, { ...entry, address: '', answer: undefined }),
    ];
    expect(events.map(isValid)).toEqual([true, true, true, true]);
    expect(events[0]?.data.subject).toEqual({
      member: member.id,
      email: member.email,
      phone: '090-0123-4567',
      cookie: 'v-abc',
    });
    expect(events[1]?.data).toEqual({
      subject: { member: member.id, cookie: 'v-abc' },
      site: 'www.demo.example',
      displayName: '架空 花',
    });
    for (const field of ['billingAddress', 'address', 'answers']) {
      for (const event of events) expect(event.data).not.toHaveProperty(field);
    }
  });
});

describe('members', () => {
  it('are found by password, erased by any identifier with their sessions, and may register again', async () => {
    const applicant = await newMember();
    applicant.accept();
    const { member } = applicant;
    expect(await members.authenticate(member.email.toUpperCase(), 'long-enough')).toBe(member);
    expect(await members.authenticate(member.email, 'something-else')).toBeUndefined();
    expect(await members.apply(member, 'long-enough')).toBe('email-taken');
    const session = Object.assign(members.session(undefined), { member });

    const identities = [
      { kind: 'phone', value: '+819001234567' },
      { kind: 'member', value: member.id },
    ];
    expect(members.find(identities.slice(1))).toHaveLength(1);
    expect(members.erase(identities.slice(1))).toBe(1);
    expect(members.find(identities.slice(1))).toEqual([]);
    expect(members.session(session.id)).not.toBe(session);
    expect(await members.apply(member, 'long-enough')).not.toBe('email-taken');
  });
});

describe('the access log', () => {
  it('has one line a request, whatever the request holds', () => {
    const line = combinedLine({
      address: '2001:db8::1',
      member: 'm-abc',
      at: now(),
      method: 'GET',
      path: '/a"b\\c\nd',
      protocol: 'HTTP/1.1',
      status: 200,
      bytes: 12,
      referer: undefined,
      userAgent: 'Some "Browser"',
    });
    expect(line).toBe(
      '2001:db8::1 - m-abc [01/Mar/2026:01:02:03 +0000] "GET /a\\"b\\\\c d HTTP/1.1" 200 12 "-" "Some \\"Browser\\""',
    );
  });
});
