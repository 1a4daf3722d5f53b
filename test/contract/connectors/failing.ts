import { expect, it } from '@jest/globals';
import { describeFailure } from '@keiro/erase/connectors/failure';
import { correctAt } from '@keiro/erase/fields';
import type { AtStore } from '../../builders/at-store.ts';
import { tcpSwitch } from '../../builders/tcp-switch.ts';
import { lifeOf, row } from '../../builders/work.ts';

const canary = 'canary-7f3a';
const lives = [lifeOf('member', canary)];

/** What every connector does at a store that does not do as it should. No error says anything of the person. */
export function failing(at: AtStore): void {
  it('finds out a store that says it did and did not', async () => {
    await at.store.put([row('1', canary, 1, { name: '誤' })]);
    const work = at.workFor(lives);
    await at.store.lie?.();
    await at.connector.erase(work);
    // The others come back to life behind its back.
    if (at.store.lie === undefined) {
      await at.store.clear();
      await at.store.put([row('1', canary)]);
    }
    const found = await at.connector.probe(at.workFor(lives, { attempt: 2 }));
    if (at.store.knows.nothing) expect(found).toBeUndefined();
    else expect(found).toBeGreaterThan(0);
    if (at.store.lie === undefined || !at.store.knows.fields) return;
    const failure = correctAt(at.connector, at.workFor(lives, { attempt: 3 }), [
      { field: 'name', value: '正' },
    ]);
    expect(await failure.catch(describeFailure)).toMatch(/^read back, \d hold something else$/);
  });

  it('waits for a store that hangs as long as it may, and ends at once when the task is no longer its own', async () => {
    const { config, settings } = at.store;
    const [name, url] = Object.entries(settings)[0] ?? [];
    if (name === undefined || url === undefined || !('url' in config)) return;
    const { hostname, port } = new URL(url);
    const way = await tcpSwitch({ host: hostname, port: Number(port) });
    const through = { [name]: Object.assign(new URL(url), { port: String(way.port) }).toString() };
    await at.store.put([row('1', canary)]);
    try {
      const patient = at.open(config, { settings: { ...settings, ...through } });
      const lost = new AbortController();
      const held = way.holdAt(Buffer.from(canary)).then(() => {
        lost.abort(new Error('lost'));
      });
      const erased = patient.erase(at.workFor(lives, { signal: lost.signal }));
      await expect(erased).rejects.toThrow('lost');
      await held;
      if (config.kind === 'http' || config.kind === 'google-analytics') return;

      // Held from its first command about the person on, not from its log-in.
      await way.cut();
      await way.mend();
      const again = way.holdAt(Buffer.from(canary));
      const impatient = at.open(config, { settings: { ...settings, ...through }, timeoutMs: 300 });
      const failure = await impatient.erase(at.workFor(lives)).catch(describeFailure);
      await again;
      expect(failure).toMatch(/has not answered in time|NetworkTimeout/);
    } finally {
      await way.cut();
    }
    expect(await at.store.ids()).toEqual(['1']);
  });

  it('says which setting to renew where the credentials have expired, and not what is in it', async () => {
    if (at.store.expire === undefined) return;
    const settings = await at.store.expire();
    const [name = '', secret = ''] = Object.entries(settings)[0] ?? [];
    const connector = at.open(at.store.config, { settings: { ...at.store.settings, ...settings } });
    const failure = await connector.erase(at.workFor(lives)).catch(describeFailure);
    expect(failure).toContain('credentials');
    expect(failure).toContain(name);
    expect(failure).not.toContain(URL.canParse(secret) ? new URL(secret).password : secret);
  });
}
