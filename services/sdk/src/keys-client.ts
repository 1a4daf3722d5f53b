import {
  destroyResponseSchema,
  lookupResponseSchema,
  quarantineKeyResponseSchema,
  releaseResponseSchema,
  sealResponseSchema,
  sweepPrepareResponseSchema,
  sweepResponseSchema,
  type DestroyResponse,
  type DutyReleaseRequest,
  type Identifier,
  type Life,
  type LookupResponse,
  type Ref,
  type ReleaseRequest,
  type ReleaseResponse,
  type SealRequest,
  type SealResponse,
  type SweepResponse,
} from '@keiro/schemas';
import { callJson } from '@keiro/runtime';
import { z } from 'zod';

/** The keys service as its callers see it. Each call needs its own right; see the schemas for shapes. */
export interface KeysClient {
  seal(request: SealRequest): Promise<SealResponse>;
  release(request: ReleaseRequest): Promise<ReleaseResponse>;
  /** For what is owed to the person (R1, R2, R5): opens what is suspended too. Each life is audited singly. */
  releaseForDuty(request: DutyReleaseRequest): Promise<ReleaseResponse>;
  lookup(asked: { identifiers?: readonly Identifier[]; refs?: readonly Ref[] }): Promise<LookupResponse>;
  quarantineKey(day: string): Promise<Buffer>;
  prepareSweep(request: string, lives: readonly Life[]): Promise<number>;
  sweep(request: string): Promise<SweepResponse>;
  destroy(request: string, lives: readonly Life[], at: Date): Promise<DestroyResponse>;
  /** Destroys the request's own key: what it kept for the sweep can't be read again. */
  forgetSweep(request: string): Promise<void>;
}

export function createKeysClient(options: { url: string; token: string }): KeysClient {
  return {
    seal: (body) => callJson(options, { path: '/v1/seal', body }, sealResponseSchema),
    release: (body) => callJson(options, { path: '/v1/release', body }, releaseResponseSchema),
    releaseForDuty: (body) => callJson(options, { path: '/v1/release/duty', body }, releaseResponseSchema),
    lookup: (body) => callJson(options, { path: '/v1/refs', body }, lookupResponseSchema),
    async quarantineKey(day) {
      const { key } = await callJson(
        options,
        { path: '/v1/quarantine-key', body: { day } },
        quarantineKeyResponseSchema,
      );
      return Buffer.from(key, 'base64');
    },
    async prepareSweep(request, lives) {
      const body = { request, lives };
      return (await callJson(options, { path: '/v1/sweeps/prepare', body }, sweepPrepareResponseSchema))
        .prepared;
    },
    sweep: (request) =>
      callJson(options, { path: '/v1/sweeps/read', body: { request } }, sweepResponseSchema),
    destroy: (request, lives, at) =>
      callJson(
        options,
        { path: '/v1/destroy', body: { request, lives, at: at.toISOString() } },
        destroyResponseSchema,
      ),
    async forgetSweep(request) {
      await callJson(options, { path: '/v1/sweeps/forget', body: { request } }, z.unknown());
    },
  };
}
