import { hash } from 'node:crypto';
import { z } from 'zod';

/**
 * Who reads personal data without being on the register (T0, T1): consumer groups on topics of persons, users of a
 * holder's database. A reader by `assign()` that commits nothing belongs to no group and is not seen: sealing and
 * access control are what stands against it.
 */

/** What a holder says of its own readers, beside the groups that its guarded consumers have. */
export const declaredReadersSchema = z.strictObject({
  kafkaGroups: z.array(z.string().min(1).max(255)).optional(),
  /** Roles that log in to the holder's database, Keiro's own among them. */
  databaseUsers: z.array(z.string().min(1).max(63)).optional(),
});

export const readerKinds = ['kafka-group', 'database-user'] as const;
export type ReaderKind = (typeof readerKinds)[number];

/** `gone`: it was seen, and is not there any more. */
export const readerStates = ['undeclared', 'declared', 'gone'] as const;
export type ReaderState = (typeof readerStates)[number];

/** One reader as a watcher sees it now. */
export interface Sighting {
  /** See {@link readerId}. */
  readonly _id: string;
  readonly kind: ReaderKind;
  /** Of the group or role, as its maker chose it. */
  readonly name: string;
  /** Of a database user: the holder whose connector told, and the database. */
  readonly holder?: string;
  readonly database?: string;
  /** Topics or tables of persons; empty where they can't be told. */
  readonly reads: readonly string[];
  /** Messages it has still to read, by topic; null where it has committed nothing. */
  readonly lag?: Readonly<Record<string, number | null>>;
  readonly members?: readonly { readonly client: string; readonly host: string }[];
  /** Connections of a database user at the moment. */
  readonly connected?: number;
  /** Of a database user: it may read everything, whatever was granted. */
  readonly superuser?: boolean;
  readonly declared: boolean;
}

/** `readers`, owner `transfer`, and `databaseReaders`, owner `erase`: one for each reader that was ever seen. */
export interface ReaderDocument extends Omit<Sighting, 'declared'> {
  readonly state: ReaderState;
  readonly firstSeen: Date;
  readonly lastSeen: Date;
  /** Changes of state, oldest first; the last hundred. */
  readonly history: readonly { readonly at: Date; readonly state: ReaderState }[];
}

/** The same name is the same reader; a name may hold anything, the id goes into addresses. */
export const readerId = (kind: ReaderKind, ...names: readonly string[]): string =>
  `${kind}.${hash('sha256', names.join('\n'), 'base64url').slice(0, 22)}`;

/** What a round of watching changes. Both parts are empty where all is as it was. */
export interface Changes {
  readonly appeared: readonly ReaderDocument[];
  readonly changed: readonly { readonly before: ReaderDocument; readonly after: ReaderDocument }[];
}

const historyLimit = 100;

/**
 * Holds what is known against what is seen now. A reader that is as it was is written anew only when it was last
 * written more than `freshMs` ago. `known` are those that this round would have seen had they been there. Pure.
 */
export function reconcile(
  known: readonly ReaderDocument[],
  seen: readonly Sighting[],
  now: Date,
  freshMs: number,
): Changes {
  const before = new Map(known.map((reader) => [reader._id, reader]));
  const appeared: ReaderDocument[] = [];
  const changed: { before: ReaderDocument; after: ReaderDocument }[] = [];
  for (const sighting of seen) {
    const old = before.get(sighting._id);
    before.delete(sighting._id);
    const after = documentOf(sighting, old, now);
    if (old === undefined) appeared.push(after);
    else if (!isSame(old, after) || now.getTime() - old.lastSeen.getTime() >= freshMs)
      changed.push({ before: old, after });
  }
  for (const old of before.values()) {
    if (old.state === 'gone') continue;
    changed.push({
      before: old,
      after: {
        ...old,
        state: 'gone',
        history: [...old.history, { at: now, state: 'gone' as const }].slice(-historyLimit),
      },
    });
  }
  return { appeared, changed };
}

function documentOf(
  { declared, ...sighting }: Sighting,
  old: ReaderDocument | undefined,
  now: Date,
): ReaderDocument {
  const state: ReaderState = declared ? 'declared' : 'undeclared';
  const history = old?.history ?? [];
  return {
    ...sighting,
    state,
    firstSeen: old?.firstSeen ?? now,
    lastSeen: now,
    history:
      history.at(-1)?.state === state ? history : [...history, { at: now, state }].slice(-historyLimit),
  };
}

/** But for how far it is, and when it was seen. */
function isSame(a: ReaderDocument, b: ReaderDocument): boolean {
  const essence = ({ state, reads, members, connected, superuser }: ReaderDocument) =>
    JSON.stringify([state, reads, members ?? [], connected ?? 0, superuser ?? false]);
  return essence(a) === essence(b);
}

/** Why an undeclared reader may stay for now. A list, so that no text can name somebody. */
export const acknowledgeReasons = ['registration-under-way', 'operations', 'being-stopped', 'test'] as const;
export type AcknowledgeReason = (typeof acknowledgeReasons)[number];

/** `readerAcknowledgements`, owner `transfer`: an operator knows of a reader. Insert-only. */
export interface AcknowledgementDocument {
  /** `<reader>|<digest of what it reads>` */
  readonly _id: string;
  readonly reader: string;
  /** What it read then: once it reads more, it is undeclared again. */
  readonly reads: readonly string[];
  readonly reason: AcknowledgeReason;
  readonly note?: string;
  readonly by: string;
  readonly at: Date;
}

export const acknowledgementId = (reader: string, reads: readonly string[]): string =>
  `${reader}|${hash('sha256', reads.toSorted().join('\n'), 'base64url').slice(0, 16)}`;

/** The acknowledgement that covers all that a reader reads now, the oldest of several. Pure. */
export function acknowledgementOf(
  reader: Pick<ReaderDocument, '_id' | 'reads'>,
  all: readonly AcknowledgementDocument[],
): AcknowledgementDocument | undefined {
  return all
    .filter((one) => one.reader === reader._id && reader.reads.every((place) => one.reads.includes(place)))
    .sort((a, b) => a.at.getTime() - b.at.getTime())[0];
}
