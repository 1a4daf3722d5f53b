import { ProblemError } from '@keiro/runtime';
import type { AuditEntry, IdentityMissing, SeenAuthority, SeenDocuments } from '@keiro/schemas';
import type { CheckCommand } from './check.ts';
import { missingFrom, missingFromAgent } from './documents.ts';

/**
 * What an operator says to have seen, as a command: kinds and the reference of the case, nothing that stands in a document.
 * Throws 400 for a kind that is not accepted here and 422 where what was seen is not enough to confirm anybody.
 */
export function checkSeen(
  seen: SeenDocuments | SeenAuthority,
  method: 'operator' | 'agent',
  accepted: ReadonlySet<string>,
  by: string,
): { detail: AuditEntry['detail']; command: () => CheckCommand } {
  if (seen.documents.some((kind) => !accepted.has(kind))) {
    throw new ProblemError(400, 'document-not-accepted', 'a kind of document is not accepted here', [
      {
        field: 'documents',
        code: 'not-accepted',
        message: `may hold ${[...accepted].sort().join(', ')}`,
      },
    ]);
  }
  const missing = 'authority' in seen ? missingFromAgent(seen) : missingFrom(seen);
  if (seen.result === 'confirmed' && missing.length > 0) {
    throw new ProblemError(422, 'documents-not-enough', 'what was seen is not enough to confirm anybody', [
      ...missing.map((lacking) => ({ field: fieldOf(lacking), code: lacking, message: messages[lacking] })),
    ]);
  }
  const { documents, case: reference } = seen;
  return {
    detail: {
      documents,
      ...('authority' in seen ? { representation: seen.representation, authority: seen.authority } : {}),
      case: reference,
    },
    command: () =>
      seen.result === 'confirmed'
        ? { do: 'confirm', method, by, evidence: reference }
        : {
            do: 'fail',
            method,
            by,
            reason: seen.result,
            missing: seen.result === 'incomplete' ? (seen.missing ?? missing) : ['matching-details'],
          },
  };
}

const fieldOf = (lacking: IdentityMissing): string =>
  lacking === 'authority-document' ? 'authority' : 'documents';

const messages: Record<IdentityMissing, string> = {
  confirmation: 'wants a confirmation',
  'identity-document': 'wants one with a photograph, or two without',
  'second-identity-document': 'wants one with a photograph, or a second one',
  'authority-document': 'wants what proves the authority to ask for another person',
  'agent-identity-document': 'wants one of the agent with a photograph, or two without',
  'second-agent-identity-document': 'wants one of the agent with a photograph, or a second one',
  'matching-details': 'wants documents that agree with what is registered',
};
