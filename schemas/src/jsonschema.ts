import { z } from 'zod';
import { catalogue, identifierKinds, type EventType } from './events/index.ts';
import { factSchema, factType } from './facts.ts';

/** A JSON Schema, or a part of one. */
export interface JsonSchema {
  [keyword: string]: unknown;
  properties?: Record<string, JsonSchema>;
}

/**
 * A schema as the registry takes it: draft-07, because the registry fails on newer drafts. Objects must be closed
 * (strict), because with open ones it refuses even an added optional field.
 */
export function toRegistrySchema(schema: z.ZodType, title: string): JsonSchema {
  const { $schema, ...rest } = z.toJSONSchema(schema, {
    target: 'draft-7',
    io: 'input',
    // A pattern that zod derives from a format may change with zod, and would then be a change of contract.
    override: ({ jsonSchema }) => {
      if (jsonSchema.format !== undefined) delete jsonSchema.pattern;
    },
  });
  return { $schema, title, ...rest } as JsonSchema;
}

/**
 * The contract of a type, subject `<type>`: what a producer sends, in plain text; it is never on the wire.
 * Personal fields carry the tag `PII` where Confluent-compatible tools look for it, and the group with which
 * they are sealed. What JSON Schema can't say (formats after NFKC, card data) is checked by `parseEvent` alone.
 */
export function contractJsonSchema(type: EventType | typeof factType): JsonSchema {
  if (type === factType) {
    const schema = toRegistrySchema(factSchema, 'a fact, as producers send it');
    tagIdentifiers(property(schema, 'data'));
    return schema;
  }
  const definition = catalogue[type];
  const schema = toRegistrySchema(definition.schema, `${definition.category} ${type}, as producers send it`);
  const data = property(schema, 'data');
  tagIdentifiers(data);
  for (const { id, fields } of definition.groups) {
    for (const field of fields) tag(property(data, field), { 'x-keiro-group': id });
  }
  return schema;
}

function tagIdentifiers(data: JsonSchema): void {
  const subject = property(data, 'subject');
  for (const kind of identifierKinds) tag(property(subject, kind), { 'x-keiro-identifier': kind });
}

function property(schema: JsonSchema, name: string): JsonSchema {
  const found = schema.properties?.[name];
  if (found === undefined) throw new Error(`the generated schema has no property ${name}`);
  return found;
}

function tag(schema: JsonSchema, keywords: Record<string, string>): void {
  Object.assign(schema, { 'confluent:tags': ['PII'], ...keywords });
}
