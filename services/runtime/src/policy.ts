import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describeFinding, parsePolicyFile, shippedPolicyFile, type Policies } from '@keiro/schemas';
import { z } from 'zod';
import { KeiroError } from './errors.ts';

export const policyConfig = {
  /** The company's policy as YAML; the one that ships, which has no contact address and so is refused, by default. */
  KEIRO_POLICY_FILE: z.string().min(1).default(shippedPolicyFile),
  /** Another one only where several pipelines share one Kafka. */
  KEIRO_POLICY_TOPIC: z.string().min(1).default('policy.versions'),
};

/** Reads the policy that a service is to keep to. With an error in it nothing starts, and every finding is told at once. */
export function loadPolicies(file: string): Policies {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new KeiroError('configuration', `${file} is not a readable file`, {
      retryable: false,
      cause: error,
    });
  }
  const parsed = parsePolicyFile(text, basename(file));
  if ('policies' in parsed) return parsed.policies;
  const lines = parsed.findings.map((finding) => `  ${describeFinding(finding)}`);
  throw new KeiroError('policy', `the policy ${file} (KEIRO_POLICY_FILE) has errors:\n${lines.join('\n')}`, {
    retryable: false,
  });
}
