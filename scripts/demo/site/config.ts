import {
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
  ...tokenConfig,
  ...policyConfig,
  DEMO_SITE_PORT: port(17_010),
  /** Host name that the site has in the events: the one that the policy covers (X1). */
  DEMO_SITE_NAME: z.string().default('www.demo.example'),
  /** File that one line per request is appended to, in Combined Log Format. */
  DEMO_ACCESS_LOG: z.string().min(1),
  /** Address of the analytics collector to which the browsers' tag sends. */
  DEMO_ANALYTICS_URL: z.url(),
  /** What erase workers must show at `/privacy`. */
  DEMO_PRIVACY_TOKEN: z.string().min(16),
  /** Folder of its certificate for OpenDSR. */
  DEMO_SITE_SEAL: z.string().min(1),
  DEMO_SITE_DOMAIN: z.string().default('opendsr.demo.example'),
});
