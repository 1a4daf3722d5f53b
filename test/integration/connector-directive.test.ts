import { describe, expect, it } from '@jest/globals';
import { describeFailure } from '@keiro/erase/connectors/failure';
import { openConnector } from '@keiro/erase/connectors/open';
import { connectKafka, createLog } from '@keiro/runtime';
import { createKeysClient, type Directive } from '@keiro/sdk';
import { directiveStore, type DirectiveStore } from '../builders/directive-store.ts';
import { env } from '../builders/environment.ts';
import { readTopics } from '../builders/kafka-reader.ts';
import { anyWork, lifeOf, row } from '../builders/work.ts';

const log = createLog('test-directives', 'silent');

describe('a service that owns its store', () => {
  const person = [lifeOf('member', 'canary-7f3a')];
  const opened = (store: DirectiveStore) =>
    openConnector(store.config, (name) => store.settings[name], log, store.directives);

  it('that does not answer in time fails the attempt, which says so', async () => {
    let answer: (affected: Record<string, number>) => void = () => undefined;
    const late = () => new Promise<Record<string, number>>((resolve) => (answer = resolve));
    const store = await directiveStore((handlers) => ({ ...handlers, erase: late }), 1);
    const failure = await opened(store).erase(anyWork(person, store.bound)).catch(describeFailure);
    expect(failure).toBe('the service has not answered within 1 s');
    answer({ people: 1 });
    await store.close();
  });

  it('that fails says a code, and what it quotes goes nowhere', async () => {
    const quoting = () => Promise.reject(new Error('row of canary-7f3a is locked'));
    const store = await directiveStore((handlers) => ({ ...handlers, erase: quoting }));
    const failure = await opened(store).erase(anyWork(person, store.bound)).catch(describeFailure);
    expect(failure).toBe('the service says not-carried-out');
    await store.close();
  });

  it('that cannot flag says so', async () => {
    const store = await directiveStore(({ erase, probe }) => ({ erase, probe }));
    expect(await opened(store).suspend(anyWork(person, store.bound))).toEqual({
      unsupported: 'the service says cannot-flag',
    });
    await store.close();
  });

  it('is not spoken for by a stranger: an answer without its key is refused and counted', async () => {
    const forge = async (directive: Directive) => {
      const value = {
        id: directive.id,
        holder: 'crm',
        outcome: 'done',
        affected: { people: 1 },
        at: now,
        proof: 'x',
      };
      await stranger.send([
        { topic: 'rights.answers', messages: [{ key: 'crm', value: Buffer.from(JSON.stringify(value)) }] },
      ]);
    };
    const now = new Date().toISOString();
    const kafka = connectKafka({ brokers: env('KEIRO_KAFKA_BROKERS').split(','), clientId: 'stranger', log });
    const stranger = await kafka.producer();
    const store = await directiveStore((handlers) => ({
      ...handlers,
      erase: async (directive) => {
        await forge(directive);
        return handlers.erase(directive);
      },
    }));
    await store.put([row('1', 'canary-7f3a'), row('2', 'canary-7f3a')]);
    const work = anyWork(person, store.bound);
    await opened(store).erase(work);
    expect(work.counts).toEqual({ people: 2 });
    expect(store.forged).toEqual(['crm']);
    await Promise.all([store.close(), stranger.close()]);
  });

  it('is told nothing in clear, and opens nothing once the request is over', async () => {
    const told: string[] = [];
    const store = await directiveStore((handlers) => ({
      ...handlers,
      erase: (directive) => {
        told.push(...directive.lives.map(({ value }) => value));
        return handlers.erase(directive);
      },
    }));
    const connector = opened(store);
    await connector.erase(anyWork(person, store.bound));
    expect(told).toEqual(['canary-7f3a']);
    const kafka = connectKafka({ brokers: env('KEIRO_KAFKA_BROKERS').split(','), clientId: 'reader', log });
    const reader = await readTopics(kafka, ['rights.directives'], 'beginning');
    const sent = await reader.all(() => true);
    expect(sent.length).toBeGreaterThan(0);
    expect(sent.filter(({ value }) => value?.includes('canary-7f3a'))).toEqual([]);

    const keysOf = (client: string) =>
      createKeysClient({ url: env('KEIRO_KEYS_URL'), token: env(`KEIRO_TOKEN_${client}`) });
    const request = store.bound?.request ?? '';
    // A token opens what its own holder is told, and no other's.
    await expect(keysOf('BILLING').directiveKey(request, 'crm')).rejects.toThrow('403');
    expect(await keysOf('CRM').directiveKey(request, 'crm')).toBeDefined();
    await keysOf('REQUEST').forgetSweep(request);
    expect(await keysOf('CRM').directiveKey(request, 'crm')).toBeUndefined();
    await Promise.all([store.close(), reader.close()]);
  });
});
