import {
  WaitingError,
  type Connector,
  type Correction,
  type DatabaseUser,
  type ExportChunk,
  type Flagging,
  type Scan,
  type ScannedBatch,
  type Work,
} from './connector.ts';
import { placeOf, positionAt } from './position.ts';

export interface Part {
  /** Where it is one of the stores that replicate to the holder, that store's id. */
  readonly name: string;
  readonly connector: Connector;
}

/** One holder over several stores: each part does its share, and an error of one is an error of the whole. */
export function openCompositeConnector(parts: readonly Part[]): Connector {
  const shareOf = ({ keep, keepIn, ...work }: Work, { name }: Part): Work => ({
    ...work,
    ...(keep === undefined || keepIn?.includes(name) === false ? {} : { keep }),
    locators: work.replicated[name] ?? [],
    count: (place, n) => {
      work.count(`${name}/${place}`, n);
    },
    remains: (what) => {
      work.remains({ ...what, place: `${name}/${what.place}` });
    },
  });

  const flag =
    (how: 'suspend' | 'resume') =>
    async (work: Work): Promise<Flagging> => {
      const reasons: string[] = [];
      for (const part of parts) {
        const { unsupported } = await part.connector[how](shareOf(work, part));
        if (unsupported !== undefined) reasons.push(`${part.name}: ${unsupported}`);
      }
      return reasons.length === 0 ? {} : { unsupported: reasons.join('; ') };
    };

  return {
    async erase(work) {
      // One part that waits holds up no other: what is there now goes now.
      let waiting: WaitingError | undefined;
      for (const part of parts) {
        try {
          await part.connector.erase(shareOf(work, part));
        } catch (error) {
          if (!(error instanceof WaitingError)) throw error;
          if (waiting === undefined || error.until < waiting.until) waiting = error;
        }
      }
      if (waiting !== undefined) throw waiting;
    },
    async present(work) {
      const counts: Record<string, number> = {};
      for (const part of parts) {
        const some = (await part.connector.present?.(shareOf(work, part))) ?? {};
        for (const [place, n] of Object.entries(some)) counts[`${part.name}/${place}`] = n;
      }
      return counts;
    },
    suspend: flag('suspend'),
    resume: flag('resume'),
    async probe(work) {
      let found = 0;
      for (const part of parts) {
        const there = await part.connector.probe(shareOf(work, part));
        // What nobody can look at makes the whole unproven; the register allows no such part.
        if (there === undefined) return undefined;
        found += there;
      }
      return found;
    },
    async correct(work, changes) {
      const all: Correction[] = [];
      for (const part of parts) all.push(await part.connector.correct(shareOf(work, part), changes));
      return {
        changed: all.reduce((sum, { changed }) => sum + changed, 0),
        differing: all.reduce((sum, { differing }) => sum + differing, 0),
        // What one part has a place for is no lack of the others.
        missing: (all[0]?.missing ?? []).filter((field) =>
          all.every(({ missing }) => missing.includes(field)),
        ),
      };
    },
    async *export(work): AsyncGenerator<ExportChunk> {
      for (const part of parts) {
        for await (const { items, unsupported } of part.connector.export(shareOf(work, part))) {
          yield {
            items: items.map((item) => ({ ...item, place: `${part.name}/${item.place}` })),
            ...(unsupported === undefined ? {} : { unsupported: `${part.name}: ${unsupported}` }),
          };
        }
      }
    },
    async readers() {
      const all: DatabaseUser[] = [];
      for (const { name, connector } of parts) {
        const users = (await connector.readers?.()) ?? [];
        all.push(...users.map((user) => ({ ...user, reads: user.reads.map((place) => `${name}/${place}`) })));
      }
      return all;
    },
    ...(parts.every(({ connector }) => connector.scan !== undefined)
      ? { scan: (scan: Scan) => scanParts(parts, scan) }
      : {}),
    async close() {
      await Promise.all(parts.map(({ connector }) => connector.close()));
    },
  };
}

async function* scanParts(parts: readonly Part[], { from, signal }: Scan): AsyncGenerator<ScannedBatch> {
  const { place: first, at } = placeOf(from);
  for (const [position, { name, connector }] of parts.entries()) {
    if (position < first) continue;
    const scan = { signal, ...(position === first && at !== '' ? { from: at } : {}) };
    for await (const batch of connector.scan?.(scan) ?? []) {
      yield {
        ...batch,
        place: `${name}/${batch.place}`,
        after: (removed) => positionAt(position, batch.after(removed)),
      };
    }
  }
}
