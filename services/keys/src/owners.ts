import { lifeKey } from '@keiro/schemas';

/** What a wrapped key is bound to, by what it is the key of. */
export const ownerOf = {
  life: lifeKey,
  quarantine: (day: string) => `quarantine\n${day}`,
  sweep: (request: string) => `sweep\n${request}`,
  /** By the id of the key: see `provisionKeySchema`. */
  provision: (key: string) => `provision\n${key}`,
  /** By life: see `lifeKey`. */
  floor: (life: string) => `floor\n${life}`,
  reports: (id: string) => `reports\n${id}`,
} as const;
