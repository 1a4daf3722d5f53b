import { copyReportSchema, snapshotReportSchema } from './custody.ts';
import { catalogue, eventTypes } from './events/index.ts';
import { factSubject, factTopic, factType, factWireSchema } from './facts.ts';
import { importSubject, importTopic, importWireSchema } from './imports.ts';
import { contractJsonSchema, toRegistrySchema, type JsonSchema } from './jsonschema.ts';
import { taggedSchema } from './tagged.ts';
import { wireSchemas, wireSubject } from './wire.ts';

/**
 * Every subject of the schema registry: contracts by type, then what is on the wire, by topic. Each is checked in as
 * `examples/json-schema/<subject>.json`, so that a change is seen in review; `npm run golden -w schemas` writes them.
 */
export function registrySubjects(): { subject: string; schema: JsonSchema }[] {
  return [
    ...eventTypes.map((type) => ({ subject: type, schema: contractJsonSchema(type) })),
    ...eventTypes.map((type) => ({
      subject: wireSubject(type),
      schema: toRegistrySchema(wireSchemas[type], `${catalogue[type].topic} on the wire`),
    })),
    { subject: factType, schema: contractJsonSchema(factType) },
    { subject: factSubject, schema: toRegistrySchema(factWireSchema, `${factTopic} on the wire`) },
    { subject: importSubject, schema: toRegistrySchema(importWireSchema, `${importTopic} on the wire`) },
    { subject: 'lineage.tagged-value', schema: toRegistrySchema(taggedSchema, 'a tagged record') },
    { subject: 'custody.copies-value', schema: toRegistrySchema(copyReportSchema, 'a report of a copy') },
    {
      subject: 'custody.snapshots-value',
      schema: toRegistrySchema(snapshotReportSchema, 'a report of a snapshot'),
    },
  ];
}
