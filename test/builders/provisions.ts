import {
  provisionSchema,
  type Evidence,
  type Provision,
  type ProvisionDocument,
  type ProvisionInput,
  type RegisteredHolder,
  type TransferPerson,
} from '@keiro/schemas';
import { documentOf } from '@keiro/transfer/provisions';
import { judged, now, ref, transferOf } from './transfers.ts';

export const providedOf = (
  to: RegisteredHolder,
  evidence: Evidence,
  more: Partial<ProvisionInput> = {},
): Provision =>
  provisionSchema.parse({
    direction: 'provided',
    id: 'act-1',
    at: now.toISOString(),
    transfer: transferOf(to, evidence),
    ...more,
  });

/** As it would be stored, before it is sealed who it is about. */
export const recorded = (
  to: RegisteredHolder,
  evidence: Evidence,
  person: TransferPerson = {},
  more: Partial<ProvisionInput> = {},
): ProvisionDocument =>
  documentOf(
    providedOf(to, evidence, more),
    {
      transfer: transferOf(to, evidence),
      verdict: judged(to, evidence, person),
      holder: to,
      consents: person.consents ?? [],
    },
    { refs: [ref], at: now, by: 'operator' },
  );
