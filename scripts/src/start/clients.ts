import { callJson, type CallOptions } from '@keiro/runtime';
import {
  acceptedSchema,
  holdersAnswerSchema,
  lineageAnswerSchema,
  quarantineAnswerSchema,
  queryStatusSchema,
  requestViewSchema,
  totalsAnswerSchema,
  type Accepted,
  type CreateRequest,
  type HoldersAnswer,
  type LineageAnswer,
  type PipelineProgress,
  type QuarantineAnswer,
  type RequestView,
  type TotalsAnswer,
} from '@keiro/schemas';
import { z } from 'zod';
import { setting, type StackEnvironment } from '../services.ts';

/** The pipeline as compliance and a producer see it: through its interfaces alone. */
export interface Pipeline {
  lineage(member: string): Promise<LineageAnswer>;
  holders(): Promise<HoldersAnswer['holders']>;
  totals(): Promise<TotalsAnswer>;
  /** Messages that `tag` and `transfer` have still to read. */
  progress(): Promise<PipelineProgress>;
  quarantine(limit: number): Promise<QuarantineAnswer>;
  request(body: CreateRequest): Promise<Accepted>;
  requestState(id: string): Promise<RequestView>;
  /** A producer's own post, as `curl` would make it; answers the ids that were accepted. */
  post(event: object): Promise<readonly string[]>;
}

const pageOfRecords = 2000;

export function connectPipeline(env: StackEnvironment): Pipeline {
  const to = (url: string, token: string): CallOptions => ({
    url: setting(env, url),
    token: setting(env, token),
  });
  const query = to('KEIRO_QUERY_URL', 'KEIRO_TOKEN_COMPLIANCE');
  const request = to('KEIRO_REQUEST_URL', 'KEIRO_TOKEN_COMPLIANCE');
  const collect = to('KEIRO_COLLECT_URL', 'KEIRO_TOKEN_DEMO_SITE');
  return {
    lineage: (member) =>
      callJson(
        query,
        { path: '/v1/lineage/search', body: { member, limit: pageOfRecords } },
        lineageAnswerSchema,
      ),
    async holders() {
      return (await callJson(query, { method: 'GET', path: '/v1/holders' }, holdersAnswerSchema)).holders;
    },
    async progress() {
      return (await callJson(query, { method: 'GET', path: '/v1/status' }, queryStatusSchema)).progress;
    },
    totals: () => callJson(query, { method: 'GET', path: '/v1/totals' }, totalsAnswerSchema),
    quarantine: (limit) =>
      callJson(
        query,
        { method: 'GET', path: `/v1/quarantine?limit=${String(limit)}` },
        quarantineAnswerSchema,
      ),
    request: (body) => callJson(request, { path: '/v1/requests', body }, acceptedSchema),
    requestState: (id) => callJson(request, { method: 'GET', path: `/v1/requests/${id}` }, requestViewSchema),
    async post(event) {
      const answer = await callJson(
        collect,
        { path: '/v1/events', body: event },
        z.object({ accepted: z.array(z.string()) }),
      );
      return answer.accepted;
    },
  };
}

/** Sum of a counter over its labels, from a process's metrics. */
export async function readCounter(port: number, name: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${String(port)}/metrics`, {
    signal: AbortSignal.timeout(3000),
  });
  const lines = (await response.text()).split('\n').filter((line) => line.startsWith(name));
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' ') + 1)), 0);
}
