/*
 * The only file that imports the registry's client. Only its two parts that we use: as a whole, with every format
 * and key service it knows, it costs each process 40 MB more and most of a second.
 */
import { RestError } from '@confluentinc/schemaregistry/dist/rest-error.js';
import {
  Compatibility,
  SchemaRegistryClient,
} from '@confluentinc/schemaregistry/dist/schemaregistry-client.js';
import { messageOf, PoisonError, UnavailableError } from './errors.ts';

/** Confluent wire format: magic byte 0, schema id (4 bytes, big-endian), JSON. */
const headerBytes = 5;

export type Encode = (value: unknown) => Buffer;

export interface Decoded {
  readonly value: unknown;
  readonly schemaId: number;
}

export interface Registry {
  /** Encoder for the newest schema of a subject. Throws retryably while the registry or the subject is missing. */
  encoder(subject: string): Promise<Encode>;
  /**
   * Decodes many values; a schema id is asked for once. Each result is the value or a {@link PoisonError}
   * (`unreadable`, `unknown-schema`). Throws {@link UnavailableError} when the registry does not answer.
   */
  decodeAll(values: readonly (Buffer | null)[]): Promise<(Decoded | PoisonError)[]>;
  /** Sets BACKWARD_TRANSITIVE and registers; throws the registry's reason when the change is incompatible. */
  register(subject: string, schema: object): Promise<number>;
  ping(): Promise<void>;
  close(): Promise<void>;
}

export function connectRegistry(options: { url: string }): Registry {
  const client = new SchemaRegistryClient({
    baseURLs: [options.url],
    createAxiosDefaults: { timeout: 5000 },
  });
  const known = new Set<number>();

  async function learn(id: number): Promise<void> {
    try {
      await client.getBySubjectAndId('', id);
      known.add(id);
    } catch (error) {
      if (!(error instanceof RestError) || error.status !== 404)
        throw new UnavailableError('the schema registry', error);
      // Not remembered as missing: it may be registered later.
    }
  }

  return {
    async encoder(subject) {
      const { id } = await client.getLatestSchemaMetadata(subject).catch((error: unknown) => {
        throw new UnavailableError(`the schema registry, subject ${subject},`, error);
      });
      if (id === undefined) throw new UnavailableError(`the schema registry, subject ${subject},`);
      const header = Buffer.alloc(headerBytes);
      header.writeUInt32BE(id, 1);
      return (value) => Buffer.concat([header, Buffer.from(JSON.stringify(value))]);
    },

    async decodeAll(values) {
      const ids = values.map((value) => (value === null ? undefined : schemaIdOf(value)));
      const unknown = new Set(ids.filter((id): id is number => id !== undefined && !known.has(id)));
      await Promise.all([...unknown].map((id) => learn(id)));
      return values.map((value, position) => {
        const id = ids[position];
        if (value === null || id === undefined) {
          return new PoisonError('unreadable', 'not a registry message: no magic byte and schema id');
        }
        if (!known.has(id)) {
          return new PoisonError('unknown-schema', `schema id ${String(id)} is not in the registry`);
        }
        try {
          return { value: JSON.parse(value.toString('utf8', headerBytes)) as unknown, schemaId: id };
        } catch {
          // The parser's message quotes the text, which may be personal: it is not passed on.
          return new PoisonError('unreadable', 'a registry message whose payload is not JSON');
        }
      });
    },

    async register(subject, schema) {
      await client.updateCompatibility(subject, Compatibility.BACKWARD_TRANSITIVE);
      return client.register(subject, { schemaType: 'JSON', schema: JSON.stringify(schema) });
    },

    async ping() {
      await client.getAllSubjects().catch((error: unknown) => {
        throw new UnavailableError(`the schema registry (${messageOf(error)})`, error);
      });
    },

    close: () => client.close(),
  };
}

function schemaIdOf(value: Buffer): number | undefined {
  return value.length > headerBytes && value[0] === 0 ? value.readUInt32BE(1) : undefined;
}
