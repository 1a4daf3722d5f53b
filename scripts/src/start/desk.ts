import { packFilesOf } from '@keiro/cli/pack-files';
import { callJson, type CallOptions } from '@keiro/runtime';
import {
  downloadedPackSchema,
  holdPlacedSchema,
  holdViewSchema,
  madePackSchema,
  todayAnswerSchema,
  type HoldPlaced,
  type PackFile,
  type TodayAnswer,
} from '@keiro/schemas';
import { z } from 'zod';
import { setting, type StackEnvironment } from '../services.ts';

/** What officers do about a request, by the same interfaces as `npx keiro`. */
export interface Desk {
  /** Grants what waits for a review. */
  accept(request: string): Promise<void>;
  /** A task that a person has done. */
  closeByHand(task: string, reference: string): Promise<void>;
  /** Has the pack of a disclosure made, and opens it. */
  pack(request: string): Promise<readonly PackFile[]>;
  placeHold(about: { case: string; email: string }): Promise<HoldPlaced>;
  releaseHold(id: string): Promise<void>;
  today(): Promise<TodayAnswer>;
}

export function connectDesk(env: StackEnvironment): Desk {
  const as = (client: string, url: string): CallOptions => ({
    url: setting(env, url),
    token: setting(env, `KEIRO_TOKEN_${client}`),
  });
  const compliance = as('COMPLIANCE', 'KEIRO_REQUEST_URL');
  const operator = as('OPERATOR', 'KEIRO_REQUEST_URL');
  const packs = as('COMPLIANCE', 'KEIRO_ERASE_URL');
  const query = as('COMPLIANCE', 'KEIRO_QUERY_URL');
  return {
    async accept(request) {
      const body = { decision: 'accept' };
      await callJson(compliance, { path: `/v1/requests/${request}/review`, body }, z.unknown());
    },
    async closeByHand(task, reference) {
      await callJson(compliance, { path: `/v1/tasks/${task}/close`, body: { reference } }, z.unknown());
    },
    async pack(request) {
      const body = { request, language: 'ja' };
      const made = await callJson(packs, { path: '/v1/packs', body }, madePackSchema);
      const { sealed } = await callJson(
        packs,
        { path: '/v1/packs/download', body: { token: made.token } },
        downloadedPackSchema,
      );
      return packFilesOf(made, sealed);
    },
    placeHold: ({ case: about, email }) =>
      callJson(operator, { path: '/v1/holds', body: { case: about, subject: { email } } }, holdPlacedSchema),
    async releaseHold(id) {
      await callJson(operator, { path: `/v1/holds/${id}/release`, body: {} }, holdViewSchema);
    },
    today: () => callJson(query, { method: 'GET', path: '/v1/today' }, todayAnswerSchema),
  };
}
