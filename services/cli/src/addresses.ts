import { commonConfig } from '@keiro/runtime/config';
import { z } from 'zod';

/** Where the services are, unless the environment says otherwise. */
export const addressConfig = {
  ...commonConfig,
  KEIRO_COLLECT_URL: z.url().default('http://127.0.0.1:17001'),
  KEIRO_KEYS_URL: z.url().default('http://127.0.0.1:17002'),
  KEIRO_REQUEST_URL: z.url().default('http://127.0.0.1:17003'),
  KEIRO_QUERY_URL: z.url().default('http://127.0.0.1:17004'),
  KEIRO_TAG_URL: z.url().default('http://127.0.0.1:17005'),
  KEIRO_TRANSFER_URL: z.url().default('http://127.0.0.1:17006'),
  KEIRO_ERASE_URL: z.url().default('http://127.0.0.1:17007'),
};
