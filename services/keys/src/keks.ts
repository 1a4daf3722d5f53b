import { createCipheriv, createDecipheriv } from 'node:crypto';
import { KeiroError } from '@keiro/runtime';
import type { KeyProvider } from './key-provider.ts';

export interface Wrapped {
  readonly epoch: number;
  /** iv (12), ciphertext (32), tag (16). */
  readonly bytes: Buffer;
}

/** Binds the wrapped key to its owner, so that a wrapped key moved to another does not unwrap. */
export type Wrap = (key: Buffer, owner: string, iv: Buffer) => Wrapped;

/** The key-encryption keys in memory: what wraps and unwraps data keys, whoever the provider is. */
export interface Keks {
  /** The epoch that wraps here. */
  readonly current: number;
  has(epoch: number): boolean;
  /** Asks the provider once when the epoch is not known yet; `no-kek` when it does not exist. */
  unwrap(wrapped: Wrapped, owner: string): Promise<Buffer>;
  /**
   * Runs work that wraps and stores, under one epoch. Throws retryably without a lease: an instance that others think
   * dead must not wrap under a KEK that they are about to destroy.
   */
  wrapping<T>(work: (wrap: Wrap) => Promise<T>): Promise<T>;
  /** The oldest epoch under which anything may still be stored by this instance: what it may acknowledge. */
  readonly settled: number;
  /** From now on this epoch wraps. An older one never does again: it may have been acknowledged as over. */
  use(epoch: number): void;
  /** Until when (ms since 1970) it may wrap. */
  grant(until: number): void;
  /** Takes up what the provider has now, and drops what it has no more. */
  reload(): Promise<void>;
}

export async function openKeks(provider: KeyProvider, now: () => Date): Promise<Keks> {
  let keks = new Map<number, Buffer>();
  let current = 0;
  let leaseUntil = 0;
  let reloading: Promise<void> | undefined;
  const inFlight = new Map<symbol, number>();

  const reload = (): Promise<void> =>
    (reloading ??= provider
      .list()
      .then((all) => {
        keks = new Map(all.map(({ epoch, key }) => [epoch, key]));
      })
      .finally(() => {
        reloading = undefined;
      }));
  await reload();

  function kekOf(epoch: number): Buffer {
    const kek = keks.get(epoch);
    if (kek !== undefined) return kek;
    throw new KeiroError('no-kek', `there is no key-encryption key of epoch ${String(epoch)}`, {
      retryable: false,
    });
  }

  return {
    get current() {
      return current;
    },
    get settled() {
      return Math.min(current, ...inFlight.values());
    },
    has: (epoch) => keks.has(epoch),
    async unwrap({ epoch, bytes }, owner) {
      // Another instance may have begun it a moment ago, and a reading that was under way may have missed that.
      for (let asked = 0; asked < 2 && !keks.has(epoch); asked++) await reload();
      return unwrapWith(kekOf(epoch), bytes, owner);
    },
    async wrapping(work) {
      if (now().getTime() >= leaseUntil) {
        throw new KeiroError('behind', 'this instance can’t be sure which key-encryption key wraps now', {
          retryable: true,
        });
      }
      const epoch = current;
      const kek = kekOf(epoch);
      const token = Symbol('wrapping');
      inFlight.set(token, epoch);
      try {
        return await work((key, owner, iv) => ({ epoch, bytes: wrapWith(kek, key, owner, iv) }));
      } finally {
        inFlight.delete(token);
      }
    },
    use(epoch) {
      kekOf(epoch);
      current = Math.max(current, epoch);
    },
    grant(until) {
      leaseUntil = until;
    },
    reload,
  };
}

function wrapWith(kek: Buffer, key: Buffer, owner: string, iv: Buffer): Buffer {
  const cipher = createCipheriv('aes-256-gcm', kek, iv);
  cipher.setAAD(Buffer.from(owner));
  return Buffer.concat([iv, cipher.update(key), cipher.final(), cipher.getAuthTag()]);
}

function unwrapWith(kek: Buffer, bytes: Buffer, owner: string): Buffer {
  const decipher = createDecipheriv('aes-256-gcm', kek, bytes.subarray(0, 12));
  decipher.setAAD(Buffer.from(owner));
  decipher.setAuthTag(bytes.subarray(-16));
  return Buffer.concat([decipher.update(bytes.subarray(12, -16)), decipher.final()]);
}
