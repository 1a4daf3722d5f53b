import type { ConnectorConfig, DirectiveAnswer, DirectiveKind, DirectiveSubject } from '@keiro/schemas';
import { chunksBySize, isProven, sealSubject } from '@keiro/sdk';
import type { DirectiveChannel } from '../directive-channel.ts';
import { ConnectorError, newestGeneration, type Connector, type Flagging, type Work } from './connector.ts';

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
  async function* tell(work: Work, kind: DirectiveKind): AsyncGenerator<DirectiveAnswer> {
    const { directiveKey: key } = work;
    if (key === undefined) throw new ConnectorError('no-key', 'keys gave no key for directives');
    for (const [part, subject] of partsOf(work).entries()) {
      const bound = {
        id: `${work.task}-${String(work.attempt)}-${kind}-${String(part)}`,
        holder: work.holder,
        kind,
      };
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
      if (answer.outcome === 'failed')
        throw new ConnectorError('failed', `the service says ${answer.reason ?? 'failed'}`);
      yield answer;
    }
  }

  async function flag(work: Work, kind: 'suspend' | 'resume'): Promise<Flagging> {
    for await (const { outcome, reason } of tell(work, kind)) {
      if (outcome === 'unsupported') return { unsupported: `the service says ${reason ?? 'unsupported'}` };
    }
    return {};
  }

  return {
    async erase(work) {
      for await (const { outcome } of tell(work, 'erase')) {
        if (outcome === 'unsupported') throw new ConnectorError('unsupported', 'the service cannot erase');
      }
    },
    suspend: (work) => flag(work, 'suspend'),
    resume: (work) => flag(work, 'resume'),
    async probe(work) {
      let sum = 0;
      for await (const { found } of tell(work, 'probe')) {
        // Silence is no proof that nothing is there.
        if (found === undefined)
          throw new ConnectorError('no-count', 'the service did not say what it found');
        sum += found;
      }
      return sum;
    },
    close: () => Promise.resolve(),
  };
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
