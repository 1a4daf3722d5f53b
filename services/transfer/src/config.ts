import {
  clientsConfig,
  commonConfig,
  groupConfig,
  kafkaConfig,
  keysConfig,
  mongoConfig,
  policyConfig,
  port,
  registryConfig,
  tokenConfig,
} from '@keiro/runtime';
import { z } from 'zod';
import { proofModes } from './proofs.ts';

export const configSchema = z.object({
  ...commonConfig,
  ...kafkaConfig,
  ...registryConfig,
  ...mongoConfig,
  ...keysConfig,
  ...clientsConfig,
  /** Rights `keys:quarantine`, `keys:provisions` and `keys:reporters`. */
  ...tokenConfig,
  ...groupConfig,
  ...policyConfig,
  /**
   * `accept` takes custody reports without a proof, while reporters of before are being brought up to date; what has a
   * wrong one is refused all the same.
   */
  KEIRO_CUSTODY_PROOFS: z.enum(proofModes).default('required'),
  KEIRO_TRANSFER_PORT: port(17_006),
  /** Milliseconds between two looks at who reads topics of persons. */
  KEIRO_READERS_EVERY_MS: z.coerce.number().int().min(500).default(10_000),
  /** JSON array of holders that are registered at start; absent: those in the store are all there are. The same again is no change. */
  KEIRO_HOLDERS_FILE: z.string().min(1).optional(),
});
export type Config = z.infer<typeof configSchema>;
