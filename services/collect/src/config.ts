import {
  clientsConfig,
  commonConfig,
  kafkaConfig,
  keysConfig,
  policyConfig,
  port,
  registryConfig,
  tokenConfig,
} from '@keiro/runtime';
import { z } from 'zod';

export const configSchema = z.object({
  ...commonConfig,
  ...kafkaConfig,
  ...registryConfig,
  ...keysConfig,
  ...clientsConfig,
  ...policyConfig,
  ...tokenConfig,
  KEIRO_COLLECT_PORT: port(17_001),
  /** Host names of our own sites, separated by commas: events from any other are refused (X1). */
  KEIRO_SITES: z
    .string()
    .default('www.demo.example')
    .transform((list) => list.split(',').map((site) => site.trim().toLowerCase()))
    .pipe(z.array(z.hostname()).min(1)),
  /** Events under way at once; more are answered with 503. */
  KEIRO_COLLECT_BUFFER: z.coerce.number().int().min(1).default(10_000),
});
