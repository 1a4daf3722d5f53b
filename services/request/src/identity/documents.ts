import {
  identityDocuments,
  type IdentityDocument,
  type IdentityMissing,
  type SeenAuthority,
  type SeenDocuments,
} from '@keiro/schemas';

/**
 * What is missing from documents that an operator has seen: nothing where one has a photograph, or where there are two
 * without. Pure.
 */
export function missingFrom({ documents }: Pick<SeenDocuments, 'documents'>): IdentityMissing[] {
  if (suffice(documents)) return [];
  return [documents.length === 0 ? 'identity-document' : 'second-identity-document'];
}

/** The same of an agent: the authority to ask in another's name, and who the agent is. Pure. */
export function missingFromAgent({
  authority,
  documents,
}: Pick<SeenAuthority, 'authority' | 'documents'>): IdentityMissing[] {
  return [
    ...(authority.length > 0 ? [] : (['authority-document'] as const)),
    ...(suffice(documents)
      ? []
      : documents.length === 0
        ? (['agent-identity-document'] as const)
        : (['second-agent-identity-document'] as const)),
  ];
}

const suffice = (documents: readonly IdentityDocument[]): boolean =>
  documents.some((kind) => identityDocuments[kind].photo) || new Set(documents).size >= 2;
