/** What can name a person, in the order of priority: the first present one keys the event (D1). */
export const identifierKinds = ['member', 'email', 'phone', 'payer', 'cookie', 'device'] as const;
export type IdentifierKind = (typeof identifierKinds)[number];

/** Kinds that name one person by agreement; the others name a browser or a machine. */
export const strongIdentifierKinds = [
  'member',
  'email',
  'phone',
  'payer',
] as const satisfies readonly IdentifierKind[];
