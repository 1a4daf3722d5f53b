import type { RequestDocument } from '@keiro/schemas';

/**
 * Whether a deletion has ended the lives that it is about. Whatever of it is still to be carried out, at a holder that is
 * slow or has something again, is nothing to the person who has registered anew since. Pure.
 */
export const isPast = ({ type, steps }: Pick<RequestDocument, 'type' | 'steps'>): boolean =>
  type === 'deletion' && steps.some(({ step }) => step === 'erased');
