import {
  flooredCategories,
  knownOf,
  type KeptGroup,
  type Policies,
  type RecordDocument,
  type RequestDocument,
  type RequestStep,
} from '@keiro/schemas';
import type { KeysClient } from '@keiro/sdk';
import type { LookStore } from '../retention/look-store.ts';
import { inCalls } from '../steps.ts';
import { planFloors, type FloorPlan } from './plan.ts';
import type { FloorStore } from './store.ts';

/** What laws keep of a person who is about to be erased (R4). */
export interface Floors {
  /** Whether anything of these categories may be under a floor: of others nobody has to look. */
  mayKeep(categories: readonly string[]): boolean;
  /**
   * The last moment before the keys go: decides what stays, wraps the keys of that by themselves and tells each holder.
   * Again, it decides again: a hold may have lasted longer than a floor.
   */
  prepare(
    request: RequestDocument,
  ): Promise<{ kept: readonly KeptGroup[]; evidence: RequestStep['evidence'] }>;
  /** The same for who thinks of it; changes nothing. */
  foresee(records: readonly RecordDocument[], at: Date): Promise<FloorPlan>;
  /** The person is erased: records are narrowed to what stays, and are looked at when that ends. */
  narrow(request: RequestDocument, at: Date): Promise<void>;
}

export function createFloors(deps: {
  readonly store: FloorStore;
  readonly looks: Pick<LookStore, 'known' | 'holders'>;
  readonly keys: Pick<KeysClient, 'keepForFloor'>;
  readonly policies: Policies;
  readonly now: () => Date;
}): Floors {
  const { store, looks, keys, policies } = deps;
  let floored: { readonly versions: number; readonly categories: ReadonlySet<string> } | undefined;

  const planOf = async ({ lives }: RequestDocument, at: Date): Promise<FloorPlan> =>
    foresee(await store.recordsOf(lives), at);

  async function foresee(all: readonly RecordDocument[], at: Date): Promise<FloorPlan> {
    const records = all.filter(({ kept }) => kept === undefined);
    const [known, holders] = await Promise.all([looks.known(records), looks.holders()]);
    const knownOfRecord = ({ ref }: { readonly ref: string }) => known.get(ref) ?? nothingKnown;
    return planFloors({ records, holders, policies, knownOf: knownOfRecord }, at);
  }

  return {
    foresee,

    mayKeep(categories) {
      const versions = policies.versions.length;
      if (floored?.versions !== versions) floored = { versions, categories: flooredCategories(policies) };
      const { categories: under } = floored;
      return categories.some((category) => under.has(category));
    },

    async prepare(request) {
      const plan = await planOf(request, deps.now());
      const kept = plan.groups.filter(({ holders }) => holders.length > 0);
      await store.tell(request._id, plan.keep);
      const fields = [...plan.keep.values()].flatMap((one) => one.fields);
      const groups = [...new Set(kept.map(({ group }) => group))];
      const ends = kept.map(({ until }) => until);
      const last = ends.includes(undefined) ? undefined : latest(ends.flatMap((end) => end ?? []));
      // Of every life: what the sweep of the rest goes by may be sealed under any of them.
      if (kept.length > 0) {
        for (const lives of inCalls(request.lives)) {
          await keys.keepForFloor({
            request: request._id,
            lives: [...lives],
            groups,
            identifiers: fields.includes('subject'),
            ...(last === undefined ? {} : { until: last.toISOString() }),
          });
        }
      }
      const unkept = plan.groups.filter(({ holders }) => holders.length === 0);
      return {
        kept,
        evidence: {
          ...(kept.length === 0 ? {} : { kept: kept.map(said), keptAt: [...plan.keep.keys()] }),
          // Nobody is registered who has to keep it: told, so that nobody thinks it is kept.
          ...(unkept.length === 0 ? {} : { nobodyKeeps: unkept.map(said) }),
        },
      };
    },

    async narrow(request, at) {
      const { records } = await planOf(request, at);
      await store.narrow(request._id, records, at);
    },
  };
}

const nothingKnown = knownOf([]);

const latest = (dates: readonly Date[]): Date | undefined =>
  dates.toSorted((one, other) => one.getTime() - other.getTime()).at(-1);

const said = ({ group, law, records, until }: KeptGroup): Record<string, unknown> => ({
  group,
  law,
  records,
  ...(until === undefined ? {} : { until: until.toISOString() }),
});
