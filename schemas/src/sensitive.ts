import type { z } from 'zod';
import type { sensitiveKinds, sensitiveShape } from './events/sensitive.ts';
import type { Labels } from './policy/labels.ts';

/** What a record says of sensitive data in it. */
export interface Sensitive {
  readonly kinds: readonly SensitiveKind[];
  readonly given: 'by-person' | 'by-other';
  /** Id of the fact, of the same source, with which the person consented. */
  readonly consent?: string;
}
export type SensitiveKind = (typeof sensitiveKinds)[number];

export const sensitiveLabels: Readonly<Record<SensitiveKind, Labels>> = {
  race: { ja: '人種', en: 'Race' },
  creed: { ja: '信条', en: 'Creed' },
  'social-status': { ja: '社会的身分', en: 'Social status' },
  'medical-history': { ja: '病歴', en: 'Medical history' },
  'criminal-record': { ja: '犯罪の経歴', en: 'Criminal record' },
  'crime-victim': { ja: '犯罪により害を被った事実', en: 'Having been the victim of a crime' },
  disability: { ja: '障害', en: 'Disability' },
  'health-check': { ja: '健康診断等の結果', en: 'Result of a health check' },
  treatment: { ja: '診療・調剤', en: 'Treatment or dispensing' },
};

type Flags = { readonly [K in keyof typeof sensitiveShape]?: z.infer<(typeof sensitiveShape)[K]> };

/**
 * What an event says of sensitive data (APPI 2(3)), or undefined where it says nothing of any. Given by the person
 * directly is consent; what came another way needs one that is named. Pure.
 */
export function sensitiveOf(readable: Readonly<Record<string, unknown>>):
  | {
      readonly sensitive: Sensitive;
      readonly inOrder: boolean;
    }
  | undefined {
  const { sensitive: kinds, given = 'by-other', consent } = readable as Flags;
  if (kinds === undefined) return undefined;
  return {
    sensitive: { kinds, given, ...(consent === undefined ? {} : { consent }) },
    inOrder: given === 'by-person' || consent !== undefined,
  };
}
