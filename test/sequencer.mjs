import { statSync } from 'node:fs';
import jestSequencer from '@jest/test-sequencer';

/**
 * From the quickest to the hardest, and always the same: what fails first is what is simplest to mend, and the
 * fault tests, which fill the shared topics, come when nobody waits for these any more. Of one folder the longest
 * files come first, so that workers end at about the same time.
 */
const folders = ['unit', 'contract', 'integration', 'e2e', 'faults'];
const placeOf = ({ path }) => folders.findIndex((folder) => path.includes(`/test/${folder}/`));

export default class Sequencer extends jestSequencer {
  sort(tests) {
    return [...tests].sort(
      (a, b) =>
        placeOf(a) - placeOf(b) ||
        statSync(b.path).size - statSync(a.path).size ||
        a.path.localeCompare(b.path),
    );
  }
}
