import type { Db } from 'mongodb';
import { kindOfRef, lifeKey, type Life, type RecordDocument } from '@keiro/schemas';

/** What the choice of a contact looks at in a record. */
export type SeenRecord = Pick<RecordDocument, 'refs' | 'time'>;

/**
 * The registered contact of a person: the e-mail address of the newest registration or profile. One that came with a
 * questionnaire or an inquiry is none, because anybody can write any address there. Pure.
 */
export function registeredContact(
  lives: readonly Life[],
  registrations: readonly SeenRecord[],
): Life | undefined {
  const own = new Map(emailsOf(lives).map((life) => [lifeKey(life), life]));
  const newestFirst = registrations.toSorted((one, other) => other.time.getTime() - one.time.getTime());
  for (const { refs } of newestFirst) {
    for (const life of refs) {
      const contact = own.get(lifeKey(life));
      if (contact !== undefined) return contact;
    }
  }
  return undefined;
}

/**
 * The address of somebody who never registered: the only one there is. It stands for the person only where all that is
 * known came with it, which the caller has to see to. Pure.
 */
export function onlyAddress(lives: readonly Life[]): Life | undefined {
  const emails = emailsOf(lives);
  return lives.some(({ ref }) => kindOfRef(ref) === 'member') || emails.length !== 1 ? undefined : emails[0];
}

const emailsOf = (lives: readonly Life[]) => lives.filter(({ ref }) => kindOfRef(ref) === 'email');

/** Registrations that are looked at, the newest. */
const mostRegistrations = 200;

/** Where a code for this person goes; undefined: nowhere. */
export async function contactOf(db: Db, lives: readonly Life[]): Promise<Life | undefined> {
  if (lives.length === 0) return undefined;
  const records = db.collection<RecordDocument>('records');
  const ref = { $in: lives.map((life) => life.ref) };
  const registrations = await records
    .find<SeenRecord>(
      { ref, type: { $in: ['registration', 'profile'] } },
      { projection: { refs: 1, time: 1 } },
    )
    .sort({ time: -1 })
    .limit(mostRegistrations)
    .toArray();
  const registered = registeredContact(lives, registrations);
  if (registered !== undefined || registrations.length > 0) return registered;
  const only = onlyAddress(lives);
  if (only === undefined) return undefined;
  const cameWithout = await records.findOne(
    { ref, type: { $nin: ['cookie', 'access'] }, 'refs.ref': { $ne: only.ref } },
    { projection: { _id: 1 } },
  );
  return cameWithout === null ? only : undefined;
}
