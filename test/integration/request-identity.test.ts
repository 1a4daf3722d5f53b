import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { until } from '@keiro/runtime';
import {
  acceptedSchema,
  collectionTopics,
  factTopic,
  requestViewSchema,
  type CreateRequest,
  type Life,
} from '@keiro/schemas';
import { createKeysClient } from '@keiro/sdk';
import { exportJWK, generateKeyPair } from 'jose';
import { env } from '../builders/environment.ts';
import { startMailServer, type MailServer } from '../builders/mail-server.ts';
import { createPipeline, type Pipeline } from '../builders/pipeline.ts';
import { keiro } from '../builders/program.ts';
import type { ServiceProcess } from '../builders/service-process.ts';
import { produce, sealedEvent } from '../builders/wire.ts';

/* R9: a request whose identity has to be checked, from its arrival to its acceptance or refusal. */

let pipeline: Pipeline;
let mail: MailServer;
let request: ServiceProcess;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keiro-identity-'));
  const jwks = join(folder, 'jwks.json');
  const { publicKey } = await generateKeyPair('ES256');
  writeFileSync(jwks, JSON.stringify({ keys: [await exportJWK(publicKey)] }));
  mail = await startMailServer();
  pipeline = await createPipeline('identity', [
    { group: 'keiro.tag', topics: collectionTopics },
    { group: 'keiro.quarantine', topics: ['quarantine'] },
    { group: 'keiro.request', topics: [factTopic, 'lineage.tagged'] },
  ]);
  [, request] = await Promise.all([
    pipeline.start('tag'),
    pipeline.start('request', {
      KEIRO_SMTP_URL: mail.url,
      KEIRO_SMTP_FROM: 'privacy@company.example',
      KEIRO_SESSION_ISSUER: 'https://sign-in.example',
      KEIRO_SESSION_AUDIENCE: 'keiro',
      KEIRO_SESSION_JWKS: jwks,
    }),
  ]);
}, 120_000);

afterAll(async () => {
  await pipeline.close();
  await mail.close();
  rmSync(folder, { recursive: true });
}, 60_000);

/** Somebody who registered: the events went through `tag`. */
async function registered(): Promise<{ email: string; lives: readonly Life[] }> {
  const id = randomUUID();
  const email = `${id}@people.example`;
  const asked = { groups: [], type: 'registration' as const, time: new Date().toISOString() };
  const keys = createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env('KEIRO_TOKEN_DEMO') });
  const { results } = await keys.seal({
    source: 'demo-site',
    identifiers: [
      { kind: 'member', value: `m-${id}`, ...asked },
      { kind: 'email', value: email, ...asked },
    ],
  });
  const lives = results.map(({ ref, generation }) => ({ ref, generation }));
  const event = sealedEvent({ type: 'registration', id, refs: lives, source: 'demo-site' });
  await produce(pipeline, 'registration', [event]);
  await pipeline.passed('keiro.tag', collectionTopics);
  return { email, lives };
}

async function call(path: string, body?: unknown) {
  const response = await fetch(`${request.url}/v1/requests${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      authorization: `Bearer ${env('KEIRO_TOKEN_COMPLIANCE')}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}
const ask = async (type: CreateRequest['type'], email: string) =>
  acceptedSchema.parse((await call('', { type, subject: { email }, identity: 'required' })).body).id;
const view = async (id: string) => requestViewSchema.parse((await call(`/${id}`)).body);
const cli = async (...args: string[]) => {
  const program = keiro(['request', 'identity', ...args], {
    env: { ...process.env, KEIRO_REQUEST_URL: request.url },
  });
  return [await program.code, program.output()] as const;
};

describe('a request whose identity is checked', () => {
  it('is accepted once the code that went to the registered address is answered', async () => {
    const person = await registered();
    const id = await ask('suspension', person.email);
    expect(await view(id)).toMatchObject({ state: 'checking-identity', lives: [] });
    expect(await cli('send-code', id)).toEqual([0, expect.stringContaining('登録済みの連絡先があれば')]);
    const { text } = await mail.mailTo(person.email);
    const code = /確認コード: (\d{8})/.exec(text)?.[1] ?? '';
    const answered = await call(`/${id}/identity/answer`, { code });
    expect(answered).toMatchObject({ status: 200, body: { outcome: 'confirmed' } });
    await until(async () => (await view(id)).state !== 'checking-identity', {
      what: 'accepted',
      timeoutMs: 10_000,
    });
    const accepted = await view(id);
    expect(accepted.lives.map(({ ref }) => ref).sort()).toEqual(person.lives.map(({ ref }) => ref).sort());
    expect(await cli('status', id)).toEqual([0, expect.stringContaining('確認済み')]);
    expect(request.output()).not.toContain(code);
  });

  it('that can’t be confirmed is refused as a disclosure and left incomplete otherwise, alike for nobody', async () => {
    const person = await registered();
    const seen: string[] = [];
    const ids: string[] = [];
    for (const [type, email] of [
      ['disclosure', person.email],
      ['disclosure', `${randomUUID()}@nobody.example`],
      ['deletion', person.email],
    ] as const) {
      const id = await ask(type, email);
      const answers = [await call(`/${id}/identity/code`, {})];
      for (let n = 0; n < 6; n += 1) answers.push(await call(`/${id}/identity/answer`, { code: '00000000' }));
      for (let n = 0; n < 5; n += 1)
        answers.push(await call(`/${id}/identity/session`, { token: 'no.token.atall' }));
      answers.push(await call(`/${id}`));
      ids.push(id);
      seen.push(
        JSON.stringify(answers)
          .replaceAll(id, 'ID')
          .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME'),
      );
    }
    expect(seen[1]).toBe(seen[0]);
    const [disclosure = '', , deletion = ''] = ids;
    expect(await view(disclosure)).toMatchObject({
      state: 'refused',
      refusals: [{ ground: 'identity-unconfirmed' }],
    });
    expect(await view(deletion)).toMatchObject({ state: 'incomplete', missing: ['confirmation'] });
    const seenDocuments = ['--seen', 'passport', '--case', 'case-7'];
    expect(await cli('documents', disclosure, ...seenDocuments)).toEqual([1, expect.stringContaining('409')]);
    expect(await cli('documents', deletion, ...seenDocuments)).toEqual([
      0,
      expect.stringContaining('本人であることを確認しました'),
    ]);
    expect((await view(deletion)).state).not.toBe('incomplete');
  });
});
