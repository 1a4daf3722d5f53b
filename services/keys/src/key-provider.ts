/** One key-encryption key (KEK): 32 bytes that wrap data keys, and nothing else. */
export interface Kek {
  readonly epoch: number;
  readonly key: Buffer;
}

/**
 * Where the key-encryption keys are kept. Which of them wraps is no matter of the provider: `kekEpochs` says so to
 * every instance at once. One caller at a time makes and destroys: whoever holds the rotation's lease.
 */
export interface KeyProvider {
  readonly kind: 'file' | 'aws-kms';
  /** Every KEK that exists now, by rising epoch. */
  list(): Promise<readonly Kek[]>;
  /** Makes the KEK of an epoch; one that exists stays as it is, so that a rotation cut off can go on. */
  create(epoch: number): Promise<void>;
  /** Destroys it for good. Idempotent. */
  destroy(epoch: number): Promise<void>;
}
