import { lifeKey } from '@keiro/schemas';

/** What a wrapped key is bound to, by what it is the key of. */
export const ownerOf = {
  life: lifeKey,
  quarantine: (day: string) => `quarantine\n${day}`,
  sweep: (request: string) => `sweep\n${request}`,
} as const;
