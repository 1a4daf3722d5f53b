import { essenceOf } from './essence.ts';
import { checkPolicyFile } from './file.ts';
import { createPolicies, type Policies, type Policy } from './policy.ts';

/** A version that was published, as services are told of it. */
export interface Publication {
  readonly version: string;
  /** The whole policy file (YAML). Its newest version is the one that it adds. */
  readonly file: string;
  /** The version before it, with its {@link essenceOf} on the day of publishing. */
  readonly before: { readonly version: string; readonly essence: string };
}

/** The versions of a file and those that were published after it. What is known of a version never changes. */
export interface LivePolicies extends Policies {
  /**
   * Adds what was published; a repetition changes nothing. Throws RangeError, and adds nothing, where what is known
   * already says something else of the version or of the one before it: the past would be tagged anew.
   */
  add(publication: Publication): void;
}

/** A file has one set of rules: of each published one only the newest version counts, earlier ones keep theirs. */
export function createLivePolicies(base: Policies): LivePolicies {
  let current = base;
  /** Reading a file takes a while, and the same is told more than once. */
  const files = new Map<string, string>();
  return {
    get versions() {
      return current.versions;
    },
    get newest() {
      return current.newest;
    },
    get: (version) => current.get(version),
    inForce: (at) => current.inForce(at),
    add(publication) {
      const { version, before, file } = publication;
      if (files.get(version) === file) return;
      const known = current.get(before.version);
      if (known === undefined || essenceOf(known) !== before.essence)
        throw new RangeError(
          `version ${before.version} was not as it is here when ${version} was published after it`,
        );
      const added = newestOf(publication);
      const same = current.get(version);
      if (same === undefined) {
        if (added.effective <= current.newest.effective)
          throw new RangeError(`version ${version} does not follow ${current.newest.version}`);
        current = createPolicies([...current.versions.flatMap((id) => current.get(id) ?? []), added]);
      } else if (essenceOf(same) !== essenceOf(added)) {
        throw new RangeError(`version ${version} was published with other rules than are known here`);
      }
      files.set(version, file);
    },
  };
}

function newestOf({ version, file }: Publication): Policy {
  const newest = checkPolicyFile(file, version).policies?.newest;
  if (newest?.version !== version) throw new RangeError(`what was published as ${version} can't be read`);
  return newest;
}
