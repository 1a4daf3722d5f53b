import {
  clientsConfig,
  commonConfig,
  groupConfig,
  kafkaConfig,
  keysConfig,
  mongoConfig,
  policyConfig,
  port,
  tokenConfig,
} from '@keiro/runtime';
import { z } from 'zod';

export const configSchema = z.object({
  ...commonConfig,
  ...mongoConfig,
  ...kafkaConfig,
  /** Which pipeline's progress is reported. */
  ...groupConfig,
  ...keysConfig,
  ...clientsConfig,
  ...policyConfig,
  ...tokenConfig,
  KEIRO_QUERY_PORT: port(17_004),
});
