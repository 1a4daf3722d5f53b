import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, it } from '@jest/globals';
import { catalogue, eventTypes, identifierKinds, registrySubjects, type JsonSchema } from '@keiro/schemas';

const folder = new URL('../../schemas/src/examples/json-schema/', import.meta.url);
const subjects = registrySubjects();

/** Every part of a schema, the whole first. */
function parts(schema: unknown): JsonSchema[] {
  if (typeof schema !== 'object' || schema === null) return [];
  return [schema as JsonSchema, ...Object.values(schema).flatMap(parts)];
}

describe('the checked-in schemas', () => {
  it.each(subjects)('$subject: is what the code generates (else: npm run golden -w schemas)', async (one) => {
    const file = await readFile(new URL(`${one.subject}.json`, folder), 'utf8');
    expect(JSON.parse(file)).toEqual(one.schema);
  });

  it('are one for each subject, and no other', async () => {
    const files = await readdir(folder);
    expect(files.sort()).toEqual(subjects.map(({ subject }) => `${subject}.json`).sort());
  });

  it.each(subjects)('$subject: is draft-07, and each object in it is closed', ({ schema }) => {
    expect(schema['$schema']).toBe('http://json-schema.org/draft-07/schema#');
    const open = parts(schema).filter(
      (part) =>
        part.properties !== undefined && part['type'] === 'object' && part['additionalProperties'] !== false,
    );
    expect(open).toEqual([]);
  });
});

describe('a contract', () => {
  const contracts = eventTypes.map((type) => ({
    type,
    data: subjects.find(({ subject }) => subject === type)?.schema.properties?.['data']?.properties ?? {},
  }));

  it.each(contracts)('$type: tags every personal field, with its group, and no other', ({ type, data }) => {
    const tagged = Object.entries(data).filter(([, field]) => field['confluent:tags'] !== undefined);
    const expected = catalogue[type].groups.flatMap(({ id, fields }) => fields.map((field) => [field, id]));
    expect(Object.fromEntries(tagged.map(([name, field]) => [name, field['x-keiro-group']]))).toEqual(
      Object.fromEntries(expected),
    );
    for (const [, field] of tagged) expect(field['confluent:tags']).toEqual(['PII']);
  });

  it.each(contracts)('$type: tags every identifier of the subject', ({ data }) => {
    const identifiers = data['subject']?.properties ?? {};
    expect(Object.keys(identifiers)).toEqual([...identifierKinds]);
    for (const field of Object.values(identifiers)) expect(field['confluent:tags']).toEqual(['PII']);
  });
});
