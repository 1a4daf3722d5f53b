import {
  contactsResponseSchema,
  custodyKeysResponseSchema,
  destroyResponseSchema,
  directiveKeyResponseSchema,
  keysBatch,
  lookupResponseSchema,
  quarantineDaysResponseSchema,
  quarantineDestroyResponseSchema,
  quarantineKeyResponseSchema,
  reportKeyResponseSchema,
  reportKeysResponseSchema,
  releaseResponseSchema,
  sealResponseSchema,
  sweepPrepareResponseSchema,
  sweepResponseSchema,
  type ContactsRequest,
  type ContactsResponse,
  type CustodyKeysRequest,
  type CustodyKeysResponse,
  type DestroyResponse,
  type DutyReleaseRequest,
  type FieldChange,
  type Identifier,
  type KeyErasure,
  type Life,
  type LookupResponse,
  type Ref,
  type ReleaseRequest,
  type ReleaseResponse,
  type SealRequest,
  type SealResponse,
  type SweepAsked,
  type SweepPrepare,
  type SweepResponse,
} from '@keiro/schemas';
import { callJson, createBatches, RefusedError } from '@keiro/runtime';
import { z } from 'zod';

interface LookupAsked {
  readonly identifiers?: readonly Identifier[];
  readonly refs?: readonly Ref[];
}

/** Who asks for no more than this shares the call with others, up to the thousand of each that one call may have. */
const fewAtMost = 10;
const lookupsAtOnce = 100;

/** The keys service as its callers see it. Each call needs its own right; see the schemas for shapes. */
export interface KeysClient {
  seal(request: SealRequest): Promise<SealResponse>;
  release(request: ReleaseRequest): Promise<ReleaseResponse>;
  /** For what is owed to the person (R1, R2, R5): opens what is suspended too. Each life is audited singly. */
  releaseForDuty(request: DutyReleaseRequest): Promise<ReleaseResponse>;
  lookup(asked: LookupAsked): Promise<LookupResponse>;
  /** Where a person can be reached, for the check of who asks (R9). Each life is audited singly. */
  contacts(request: ContactsRequest): Promise<ContactsResponse>;
  custodyKeys(request: CustodyKeysRequest): Promise<CustodyKeysResponse>;
  quarantineKey(day: string): Promise<Buffer>;
  /** Days up to one that have a quarantine key. */
  quarantineDays(through: string): Promise<string[]>;
  /** Answers how many had one. */
  destroyQuarantineKeys(days: readonly string[]): Promise<number>;
  /** `changes`: what a correction sets (R2, R3), kept under the request's own key at once. */
  prepareSweep(request: string, lives: readonly Life[], changes?: readonly FieldChange[]): Promise<number>;
  /** `holder`: whose directive key is wanted besides. `exports`: the key of what is kept for a disclosure, too. */
  sweep(request: string, holder?: string, exports?: true): Promise<SweepResponse>;
  /** Undefined once the request's last probe has passed. */
  directiveKey(request: string, holder: string): Promise<Buffer | undefined>;
  /** With which the caller's own holder proves its custody reports. */
  reportKey(holder: string): Promise<Buffer>;
  /** Of any holders, in the order asked; at most 100. */
  reportKeys(holders: readonly string[]): Promise<Buffer[]>;
  destroy(request: string, lives: readonly Life[], at: Date): Promise<DestroyResponse>;
  /** Destroys the request's own key: what it kept for the sweep can't be read again. */
  forgetSweep(request: string): Promise<void>;
}

export function createKeysClient(options: { url: string; token: string }): KeysClient {
  const most = { most: keysBatch };
  // Requests that are carried out at the same time share their calls.
  const prepare = createBatches(async (sweeps: readonly SweepPrepare[]) => {
    const body = { sweeps };
    return (await callJson(options, { path: '/v1/sweeps/prepare', body }, sweepPrepareResponseSchema))
      .prepared;
  }, most);
  const read = createBatches(async (sweeps: readonly SweepAsked[]) => {
    const body = { sweeps };
    return (await callJson(options, { path: '/v1/sweeps/read', body }, sweepResponseSchema)).sweeps;
  }, most);
  const destroy = createBatches(async (erasures: readonly KeyErasure[]) => {
    const body = { erasures };
    return (await callJson(options, { path: '/v1/destroy', body }, destroyResponseSchema)).results;
  }, most);
  const forget = createBatches(async (requests: readonly string[]) => {
    await callJson(options, { path: '/v1/sweeps/forget', body: { requests } }, z.unknown());
    return requests.map(() => undefined);
  }, most);
  const lookUp = async (body: LookupAsked) =>
    (await callJson(options, { path: '/v1/refs', body }, lookupResponseSchema)).results;
  const few = createBatches(
    async (asked: readonly LookupAsked[]) => {
      const identifiers = asked.flatMap((one) => one.identifiers ?? []);
      const refs = asked.flatMap((one) => one.refs ?? []);
      const results = await lookUp({ identifiers, refs });
      let [fromIdentifiers, fromRefs] = [0, identifiers.length];
      return asked.map((one) => [
        ...results.slice(fromIdentifiers, (fromIdentifiers += one.identifiers?.length ?? 0)),
        ...results.slice(fromRefs, (fromRefs += one.refs?.length ?? 0)),
      ]);
    },
    { most: lookupsAtOnce },
  );
  return {
    seal: (body) => callJson(options, { path: '/v1/seal', body }, sealResponseSchema),
    release: (body) => callJson(options, { path: '/v1/release', body }, releaseResponseSchema),
    releaseForDuty: (body) => callJson(options, { path: '/v1/release/duty', body }, releaseResponseSchema),
    lookup: async (body) => {
      const isFew = Math.max(body.identifiers?.length ?? 0, body.refs?.length ?? 0) <= fewAtMost;
      return { results: await (isFew ? few(body) : lookUp(body)) };
    },
    contacts: (body) => callJson(options, { path: '/v1/contacts', body }, contactsResponseSchema),
    custodyKeys: (body) => callJson(options, { path: '/v1/custody-keys', body }, custodyKeysResponseSchema),
    async quarantineKey(day) {
      const { key } = await callJson(
        options,
        { path: '/v1/quarantine-key', body: { day } },
        quarantineKeyResponseSchema,
      );
      return Buffer.from(key, 'base64');
    },
    async quarantineDays(through) {
      const body = { through };
      return (
        await callJson(options, { path: '/v1/quarantine-keys/days', body }, quarantineDaysResponseSchema)
      ).days;
    },
    async destroyQuarantineKeys(days) {
      const request = { path: '/v1/quarantine-keys/destroy', body: { days } };
      return (await callJson(options, request, quarantineDestroyResponseSchema)).destroyed;
    },
    prepareSweep: (request, lives, changes) =>
      prepare({ request, lives: [...lives], ...(changes === undefined ? {} : { changes: [...changes] }) }),
    async sweep(request, holder, exports) {
      const kept = await read({
        request,
        ...(holder === undefined ? {} : { holder }),
        ...(exports === undefined ? {} : { exports }),
      });
      if (kept === null) throw new RefusedError(404, 'answered 404: nothing is kept for this request');
      return kept;
    },
    async directiveKey(request, holder) {
      try {
        const body = { request, holder };
        const { key } = await callJson(
          options,
          { path: '/v1/directives/key', body },
          directiveKeyResponseSchema,
        );
        return Buffer.from(key, 'base64');
      } catch (error) {
        if (error instanceof RefusedError && error.status === 404) return undefined;
        throw error;
      }
    },
    async reportKey(holder) {
      const { key } = await callJson(
        options,
        { path: '/v1/reports/key', body: { holder } },
        reportKeyResponseSchema,
      );
      return Buffer.from(key, 'base64');
    },
    async reportKeys(holders) {
      const call = { path: '/v1/reports/keys', body: { holders } };
      return (await callJson(options, call, reportKeysResponseSchema)).keys.map((key) =>
        Buffer.from(key, 'base64'),
      );
    },
    destroy: (request, lives, at) => destroy({ request, lives: [...lives], at: at.toISOString() }),
    forgetSweep: (request) => forget(request),
  };
}
