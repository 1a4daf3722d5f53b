import { route, type Route } from '@keiro/runtime';
import { kekRetireRequestSchema, kekStatusSchema, type KekStatus } from '@keiro/schemas';
import { z } from 'zod';
import { kekStatus } from './kek-status.ts';
import { retire, rotate, type RotationDependencies } from './rotation.ts';

/** Interfaces about the key-encryption keys. The right `keys:rotate` is nobody's who opens anything. */
export function kekRoutes(deps: RotationDependencies & { maxDays: number }): Route[] {
  const status = (): Promise<KekStatus> => kekStatus(deps);
  return [
    route({
      method: 'GET',
      path: '/v1/kek',
      summary: 'Epochs of the key-encryption keys, what is wrapped under each, and what their end waits for',
      right: 'keys:rotate',
      answer: kekStatusSchema,
      handle: status,
    }),
    route({
      method: 'POST',
      path: '/v1/kek/rotate',
      summary: 'Begins the next epoch; what is wrapped under older ones is wrapped again in the background',
      right: 'keys:rotate',
      body: z.strictObject({}),
      answer: kekStatusSchema,
      status: 202,
      async handle({ client }) {
        await rotate(deps, client.name);
        return status();
      },
    }),
    route({
      method: 'POST',
      path: '/v1/kek/retire',
      summary:
        'Destroys the key-encryption key of an epoch for good: older backups of what it wrapped die with it',
      right: 'keys:rotate',
      body: kekRetireRequestSchema,
      answer: kekStatusSchema,
      async handle({ body: { epoch, backup }, client }) {
        const takenAt = new Date(backup.takenAt);
        await retire(deps, { epoch, backup: { reference: backup.reference, takenAt } }, client.name);
        return status();
      },
    }),
  ];
}
