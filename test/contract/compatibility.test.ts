import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectRegistry, type Registry } from '@keiro/runtime/registry';
import type { JsonSchema } from '@keiro/schemas';
import { env } from '../builders/environment.ts';

/* What the real registry lets through when a schema of ours changes: readers must still understand old messages. */

const folder = new URL('../../schemas/src/examples/json-schema/', import.meta.url);
const goldens = readdirSync(folder).map((file) => ({
  subject: file.replace(/\.json$/, ''),
  text: readFileSync(new URL(file, folder), 'utf8'),
}));

/** Where a change is tried: the object that holds an event's own fields; in a contract that is its data. */
function target(
  schema: JsonSchema,
): JsonSchema & { required: string[]; properties: Record<string, JsonSchema> } {
  const object = schema.properties?.['data'] ?? schema;
  if (object.properties === undefined || !Array.isArray(object['required'])) throw new Error('not an object');
  return object as ReturnType<typeof target>;
}

function changed(text: string, change: (object: ReturnType<typeof target>) => void): JsonSchema {
  const schema = JSON.parse(text) as JsonSchema;
  change(target(schema));
  return schema;
}

const refusedChanges: [string, (object: ReturnType<typeof target>) => void][] = [
  [
    'an added required field',
    (object) => {
      object.properties['addedLater'] = { type: 'string' };
      object.required.push('addedLater');
    },
  ],
  [
    'an optional field made required',
    (object) => {
      const optional = Object.keys(object.properties).find((name) => !object.required.includes(name));
      // Where every field is required already, one more is as good.
      if (optional === undefined) object.properties['madeRequired'] = { type: 'string' };
      object.required.push(optional ?? 'madeRequired');
    },
  ],
  [
    'a removed field',
    (object) => {
      const name = object.required.at(-1) ?? '';
      object.required.pop();
      object.properties = Object.fromEntries(
        Object.entries(object.properties).filter(([key]) => key !== name),
      );
    },
  ],
  [
    'a changed type',
    (object) => {
      const name = object.required.at(-1) ?? '';
      object.properties[name] = {
        type: object.properties[name]?.['type'] === 'boolean' ? 'string' : 'boolean',
      };
    },
  ],
];

describe.each(goldens)('$subject under BACKWARD_TRANSITIVE', ({ subject, text }) => {
  const trial = `compatibility-test.${randomUUID()}.${subject}`;
  const url = env('KEIRO_REGISTRY_URL');
  let registry: Registry;

  beforeAll(async () => {
    registry = connectRegistry({ url });
    await registry.register(trial, JSON.parse(text) as JsonSchema);
  });

  afterAll(async () => {
    await registry.close();
    const removed = await fetch(`${url}/subjects/${trial}`, { method: 'DELETE' });
    expect(removed.status).toBe(200);
  });

  it('is taken again as the same version', async () => {
    const id = await registry.register(trial, JSON.parse(text) as JsonSchema);
    expect(await registry.register(trial, JSON.parse(text) as JsonSchema)).toBe(id);
  });

  it.each(refusedChanges)('refuses %s', async (_, change) => {
    await expect(registry.register(trial, changed(text, change))).rejects.toMatchObject({ status: 409 });
  });

  it('takes an added optional field, and refuses to lose it again', async () => {
    const added = changed(
      text,
      ({ properties }) => (properties['addedLater'] = { type: 'string', maxLength: 10 }),
    );
    expect(await registry.register(trial, added)).toEqual(expect.any(Number));
    const other = changed(
      text,
      ({ properties }) => (properties['another'] = { type: 'string', maxLength: 10 }),
    );
    await expect(registry.register(trial, other)).rejects.toMatchObject({ status: 409 });
  });
});
