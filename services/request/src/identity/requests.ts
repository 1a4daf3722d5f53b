import type { Db } from 'mongodb';
import type { Life, Ref, RequestDocument } from '@keiro/schemas';
import type { People } from '../people.ts';
import type { Situations } from '../situation.ts';
import type { CheckedRequest, CheckedRequests, Persons } from './handle.ts';

const fields = { asked: 1, receivedAt: 1, dueAt: 1, state: 1 } as const;
type Fields = Pick<RequestDocument, '_id' | 'asked' | 'receivedAt' | 'dueAt' | 'state'>;

/** The requests of the life-cycle as the check of who asks sees them. */
export function createCheckedRequests(db: Db): CheckedRequests {
  const requests = db.collection<RequestDocument>('requests');
  return {
    async find(id) {
      const found = await requests.findOne<Fields>({ _id: id }, { projection: fields });
      return found === null ? undefined : checkedOf(found);
    },
    async waiting() {
      const found = requests.find<Fields>({ state: 'checking-identity' }, { projection: fields });
      return (await found.toArray()).map(checkedOf);
    },
  };
}

const checkedOf = ({ _id, asked = [], receivedAt, dueAt, state }: Fields): CheckedRequest => ({
  id: _id,
  asked,
  receivedAt,
  dueAt,
  // One that was left incomplete can still be completed.
  waits: state === 'checking-identity' || state === 'incomplete',
});

/** Who is behind refs; nobody where they lead to several persons, or to what several share. */
export function createPersons(
  situations: Pick<Situations, 'whoIs'>,
  people: Pick<People, 'livesOf'>,
): Persons {
  const refsOf = async (asked: readonly Ref[]): Promise<readonly Ref[]> => {
    const person = await situations.whoIs(asked);
    return typeof person === 'string' ? [] : person.refs;
  };
  return {
    refsOf,
    async livesOf(asked): Promise<Life[]> {
      const refs = await refsOf(asked);
      return refs.length === 0 ? [] : people.livesOf(refs);
    },
  };
}
