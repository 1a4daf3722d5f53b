import { describe, expect, it } from '@jest/globals';
import type { GuardedEvent } from '@keiro/sdk';
import { paymentColumns, paymentOf } from '@keiro/scripts/demo/stores/billing';
import { changeOf } from '@keiro/scripts/demo/stores/crm';
import { mailOf } from '@keiro/scripts/demo/stores/mailer';
import { correctionOf, itemOf, readerOf, readersOf } from '@keiro/scripts/demo/stores/newsletter';
import { hashOf } from '@keiro/scripts/demo/stores/sessions';
import { viewOf, viewsKey } from '@keiro/scripts/demo/stores/statistics';

const event = (more: Partial<GuardedEvent>): GuardedEvent => ({
  record: 'member.x#1/abc',
  ref: 'member.x',
  generation: 1,
  type: 'registration',
  category: 'C1',
  time: new Date('2026-03-01T00:00:00Z'),
  site: 'www.demo.example',
  readable: {},
  subject: { member: 'm-1' },
  fields: {},
  ...more,
});

describe('crm', () => {
  it('keeps registration and profile side by side, and identifiers as an erasure looks for them', () => {
    const registration = changeOf(
      event({ fields: { name: '架空 花子', email: 'Hanako@Mail.example', phone: '090-0123-4567' } }),
    );
    expect(registration.$set).toMatchObject({ generation: 1, registration: { name: '架空 花子' } });
    expect(registration.$addToSet).toEqual({ emails: 'hanako@mail.example', phones: '+819001234567' });
    const profile = changeOf(event({ type: 'profile', category: 'C2', fields: { department: '経理部' } }));
    expect(profile.$set).toMatchObject({ 'profile.department': '経理部' });
    expect(profile.$set).not.toHaveProperty('registration');
  });
});

describe('billing', () => {
  it('writes every column, empty where the purpose does not see the field', () => {
    const row = paymentOf(
      event({
        type: 'payment',
        readable: { plan: 'team', method: 'card' },
        fields: { amount: 2970, items: [{ name: 'team' }] },
      }),
    );
    expect(row).toHaveLength(paymentColumns.length);
    expect(
      Object.fromEntries(paymentColumns.map((column, position) => [column, row[position]])),
    ).toMatchObject({
      record: 'member.x#1/abc',
      member: 'm-1',
      amount: 2970,
      items: '[{"name":"team"}]',
      billing_email: null,
    });
  });
});

describe('sessions', () => {
  it('writes the same fields for the same event, and one per feature', () => {
    const used = event({
      type: 'cookie',
      readable: { action: 'use' },
      fields: { feature: 'board-view:card' },
    });
    expect(hashOf(used)).toEqual(hashOf(used));
    expect(hashOf(used)).toMatchObject({
      member: 'm-1',
      'feature:board-view:card': '2026-03-01T00:00:00.000Z',
    });
  });
});

describe('mailer and newsletter', () => {
  it('write to the address in the form, else to the one that names the person, else to nobody', () => {
    const inForm = event({
      fields: { email: 'a@mail.example', name: '架空' },
      subject: { email: 'b@mail.example' },
    });
    const named = event({ type: 'inquiry', subject: { email: 'b@mail.example' } });
    expect(mailOf(inForm)).toMatchObject({ to: 'a@mail.example', text: expect.stringContaining('架空 様') });
    expect(mailOf(named)).toMatchObject({ to: 'b@mail.example', id: 'member.x#1/abc' });
    expect(mailOf(event({}))).toBeUndefined();
    expect(readerOf(named)).toMatchObject({ _id: 'member.x#1/abc', email: 'b@mail.example' });
    expect(readerOf(event({}))).toBeUndefined();
  });
});

describe('the newsletter, told by directive', () => {
  it('means the person’s entries by identifier and by locator, and none of a later life', () => {
    const life = (kind: string, value: string) => ({ ref: `${kind}.x`, generation: 2, kind, value });
    const filter = readersOf({
      id: 'd-1',
      request: 'req-1',
      purposes: [],
      lives: [life('member', 'm-1'), life('email', 'a@mail.example'), life('cookie', 'c-1')],
      locators: ['member.x#1/abc'],
      newestGeneration: 2,
    });
    expect(filter).toEqual({
      generation: { $lte: 2 },
      $or: [
        { _id: { $in: ['member.x#1/abc'] } },
        { member: { $in: ['m-1'] } },
        { email: { $in: ['a@mail.example'] } },
      ],
    });
  });
});

describe('the newsletter, asked for what it has or told to correct it', () => {
  it('tells an entry as plain JSON, without losing anything', () => {
    const at = new Date('2026-03-01T00:00:00Z');
    const reader = {
      _id: 'r-1',
      ref: 'member.x',
      generation: 1,
      email: 'a@mail.example',
      campaign: 'spring',
      at,
    };
    expect(itemOf(reader)).toEqual({
      place: 'readers',
      locator: 'r-1',
      fields: {
        ref: 'member.x',
        generation: 1,
        email: 'a@mail.example',
        campaign: 'spring',
        at: '2026-03-01T00:00:00.000Z',
        suspended: [],
      },
      names: { email: 'email' },
    });
  });

  it('takes an address in the form by which an erasure looks for it, and has no place for anything else', () => {
    expect(
      correctionOf([
        { field: 'email', value: 'Hanako@Mail.example' },
        { field: 'name', value: '架空' },
      ]),
    ).toEqual({ set: { email: 'hanako@mail.example' }, missing: ['name'] });
    expect(correctionOf([{ field: 'email', value: null }])).toEqual({ set: {}, missing: ['email'] });
  });
});

describe('statistics', () => {
  it('keeps a view by browser, or by ref where the purpose opens no identifier, and nothing but page and time', () => {
    const view = event({
      type: 'cookie',
      subject: { cookie: 'c-1', member: 'm-1' },
      fields: { path: '/board', durationSeconds: 3 },
    });
    expect([viewsKey(view), viewsKey(event({ subject: {} }))]).toEqual([
      'page-views:c-1',
      'page-views:member.x',
    ]);
    expect(viewOf(view)).toBe('2026-03-01T00:00:00.000Z /board');
    expect(viewOf(event({ fields: {} }))).toBe('2026-03-01T00:00:00.000Z');
  });
});
