import {
  authorise,
  type ConsentFact,
  type HolderDocument,
  type Policies,
  type RegisteredHolder,
  type Transfer,
  type TransferVerdict,
} from '@keiro/schemas';
import type { Holders } from './holders.ts';
import { personOf, type People } from './people.ts';
import { restsOnConsent } from './violations.ts';

export interface JudgeDependencies {
  readonly holders: Holders;
  readonly people: People;
  readonly policies: Policies;
  readonly now: () => Date;
}

/** A transfer with its verdict, and what that rests on. */
export interface Judged {
  readonly transfer: Transfer;
  readonly verdict: TransferVerdict;
  readonly holder: RegisteredHolder | undefined;
  /** What the person said, where that can decide. */
  readonly consents: readonly ConsentFact[];
}

/** Judges each by what is known now of holder and person; in the order asked. */
export async function judgeTransfers(
  { holders, people, policies, now }: JudgeDependencies,
  transfers: readonly Transfer[],
): Promise<{ readonly at: Date; readonly judged: readonly Judged[] }> {
  const register = await holders.among(transfers.map(({ holder }) => holder));
  const subjects = transfers.flatMap(({ subject }) => (subject === undefined ? [] : [subject.ref]));
  const [standings, consents] = await Promise.all([
    people.standingsOf([...new Set(subjects)]),
    people.consentsOf(
      transfers.flatMap((transfer) =>
        transfer.subject !== undefined && asksConsent(transfer, register.get(transfer.holder))
          ? [transfer.subject.ref]
          : [],
      ),
    ),
  ]);
  const at = now();
  const policy = policies.inForce(at);
  const judged = transfers.map((transfer): Judged => {
    const holder = register.get(transfer.holder);
    const person = personOf(transfer.subject?.ref, standings, consents);
    const verdict = authorise(transfer, holder, person, policy, at);
    return { transfer, verdict, holder, consents: person.consents ?? [] };
  });
  return { at, judged };
}

/** Only where it can decide: finding out what a person has said costs several look-ups. */
function asksConsent(
  { evidence, recipientIdentifies }: Transfer,
  holder: HolderDocument | undefined,
): boolean {
  const beside = evidence.basis === 'terms-violation' ? evidence['basis-beside-it']?.basis : undefined;
  return (
    evidence.basis === 'consent' ||
    beside === 'consent' ||
    recipientIdentifies === true ||
    (holder !== undefined && restsOnConsent(holder))
  );
}
