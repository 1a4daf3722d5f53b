import { accessExamples } from './access.ts';
import { campaignExamples } from './campaign.ts';
import { cookieExamples } from './cookie.ts';
import type { Example } from './example.ts';
import { inquiryExamples } from './inquiry.ts';
import { paymentExamples } from './payment.ts';
import { profileExamples } from './profile.ts';
import { registrationExamples } from './registration.ts';

export { exampleSites, type Example } from './example.ts';
export { factExamples } from './fact.ts';

/** Every named example, in the order of the categories. */
export const examples: readonly Example[] = [
  ...registrationExamples,
  ...profileExamples,
  ...cookieExamples,
  ...accessExamples,
  ...paymentExamples,
  ...campaignExamples,
  ...inquiryExamples,
];

/** An example's document as JSON carries it, a fresh copy each time. Throws for a name that does not exist. */
export function exampleDocument(name: string): unknown {
  const found = examples.find((example) => example.name === name);
  if (found === undefined) throw new Error(`no example is called ${name}`);
  return JSON.parse(JSON.stringify(found.document)) as unknown;
}
