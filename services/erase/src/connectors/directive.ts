import type { ConnectorConfig, DirectiveAnswer, DirectiveKind, DirectiveSubject } from '@keiro/schemas';
import { chunksBySize, isProven, openPage, sealSubject } from '@keiro/sdk';
import type { DirectiveChannel } from '../directive-channel.ts';
import {
  ConnectorError,
  newestGeneration,
  type Connector,
  type ExportChunk,
  type Flagging,
  type Work,
} from './connector.ts';
import { cannotCorrect } from './fields.ts';

type Config = Extract<ConnectorConfig, { kind: 'directive' }>;

export interface DirectiveDependencies {
  readonly channel: DirectiveChannel;
  readonly now: () => Date;
  /** 12 random bytes for each sealing. */
  readonly random: (bytes: number) => Buffer;
}

/** Bytes of identifiers and locators in one directive: sealed and in base64 it stays under what a broker takes. */
const partBytes = 384 * 1024;

/**
 * A service that owns its store: it is told by a directive in Kafka, sealed for it alone, and answers with counts.
 * That it does not answer in time fails the attempt, and the next one tells it again.
 */
export function openDirectiveConnector(
  { patienceSeconds }: Config,
  { channel, now, random }: DirectiveDependencies,
): Connector {
  /** `name`: of this directive among those of the attempt. */
  async function ask(
    work: Work,
    kind: DirectiveKind,
    name: string,
    subject: DirectiveSubject,
  ): Promise<DirectiveAnswer> {
    const key = keyOf(work);
    const bound = { id: `${work.task}-${String(work.attempt)}-${kind}-${name}`, holder: work.holder, kind };
    const patience = AbortSignal.timeout(patienceSeconds * 1000);
    const directive = {
      ...bound,
      request: work.request,
      purposes: [...work.purposes],
      sealed: sealSubject(key, bound, subject, random(12)),
      at: now().toISOString(),
    };
    const answered = channel.ask(directive, {
      isProven: (answer) => answer.holder === work.holder && isProven(key, answer),
      signal: AbortSignal.any([work.signal, patience]),
    });
    const answer = await answered.catch((error: unknown) => {
      if (!patience.aborted || work.signal.aborted) throw error;
      throw new ConnectorError(
        'no-answer',
        `the service has not answered within ${String(patienceSeconds)} s`,
      );
    });
    for (const [place, n] of Object.entries(answer.affected)) work.count(place, n);
    for (const what of answer.remains ?? []) work.remains(what);
    if (answer.outcome === 'failed')
      throw new ConnectorError('failed', `the service says ${answer.reason ?? 'failed'}`);
    return answer;
  }

  async function* tell(
    work: Work,
    kind: DirectiveKind,
    more: Partial<DirectiveSubject> = {},
  ): AsyncGenerator<DirectiveAnswer> {
    const before = work.page === undefined ? '' : `${String(work.page)}.`;
    for (const [part, subject] of partsOf(work).entries())
      yield await ask(work, kind, `${before}${String(part)}`, { ...subject, ...more });
  }

  /** What a floor narrows is told with an erasure and with its probe. */
  const keepOf = ({ keep = [] }: Work) => (keep.length === 0 ? {} : { keep: [...keep] });

  async function flag(work: Work, kind: 'suspend' | 'resume'): Promise<Flagging> {
    for await (const { outcome, reason } of tell(work, kind)) {
      if (outcome === 'unsupported') return { unsupported: `the service says ${reason ?? 'unsupported'}` };
    }
    return {};
  }

  return {
    async erase(work) {
      for await (const { outcome, reason } of tell(work, 'erase', keepOf(work))) {
        if (outcome === 'unsupported')
          throw new ConnectorError('unsupported', `the service says ${reason ?? 'unsupported'}`);
      }
    },
    suspend: (work) => flag(work, 'suspend'),
    resume: (work) => flag(work, 'resume'),
    async probe(work) {
      let sum = 0;
      for await (const { found } of tell(work, 'probe', keepOf(work))) {
        // Silence is no proof that nothing is there.
        if (found === undefined)
          throw new ConnectorError('no-count', 'the service did not say what it found');
        sum += found;
      }
      return sum;
    },
    async correct(work, changes) {
      const sum = { changed: 0, differing: 0 };
      let missing: readonly string[] = [];
      for await (const answer of tell(work, 'correct', { changes: [...changes] })) {
        if (answer.outcome === 'unsupported') return cannotCorrect(changes);
        // That it was told is no proof that it is so.
        if (answer.differing === undefined)
          throw new ConnectorError('no-count', 'the service did not say what it read back');
        sum.changed += Object.values(answer.affected).reduce((all, n) => all + n, 0);
        sum.differing += answer.differing;
        ({ missing = [] } = answer);
      }
      return { ...sum, missing };
    },
    async *export(work) {
      // By identifier first: then only locators are left that have not come up.
      const left = new Set(work.locators);
      let directives = 0;
      async function* pagesOf(subject: DirectiveSubject): AsyncGenerator<ExportChunk, boolean> {
        for (let after: string | undefined; ;) {
          const asked = { ...subject, ...(after === undefined ? {} : { after }) };
          const answer = await ask(work, 'export', String(directives++), asked);
          if (answer.outcome === 'unsupported') {
            yield { items: [], unsupported: `the service says ${answer.reason ?? 'unsupported'}` };
            return false;
          }
          const { items, next } = openPage(keyOf(work), answer);
          for (const { locator } of items) if (locator !== undefined) left.delete(locator);
          if (items.length > 0) yield { items };
          if (next === undefined) return true;
          // A service that goes round in circles would be asked for ever.
          if (next === after) throw new ConnectorError('failed', 'the service gives the same page again');
          after = next;
        }
      }
      for (const subject of partsOf({ lives: work.lives, locators: [] }))
        if (!(yield* pagesOf(subject))) return;
      const locatorsUpTo = newestGeneration(work);
      for (const subject of partsOf({ lives: [], locators: [...left], locatorsUpTo }))
        if (!(yield* pagesOf(subject))) return;
    },
    close: () => Promise.resolve(),
  };
}

function keyOf({ directiveKey }: Work): Buffer {
  if (directiveKey === undefined) throw new ConnectorError('no-key', 'keys gave no key for directives');
  return directiveKey;
}

/** What one directive says of the person; several where it is too much for one message. Pure. */
export function partsOf(work: Pick<Work, 'lives' | 'locators' | 'locatorsUpTo'>): DirectiveSubject[] {
  const { lives, locators } = work;
  const newest = newestGeneration(work);
  const items = [
    ...lives.map(({ ref, generation, kind, value }) => ({ life: { ref, generation, kind, value } })),
    ...locators.map((locator) => ({ locator })),
  ];
  return chunksBySize(items, (item) => Buffer.byteLength(JSON.stringify(item)), partBytes).map((part) => ({
    lives: part.flatMap((item) => ('life' in item ? [item.life] : [])),
    locators: part.flatMap((item) => ('locator' in item ? [item.locator] : [])),
    newestGeneration: newest,
  }));
}
