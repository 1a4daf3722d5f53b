import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import jestSequencer from '@jest/test-sequencer';

/**
 * From the quickest to the hardest, and always the same: what fails first is what is simplest to mend. The fault
 * tests, which fill the shared topics, come when few wait for these any more. Of one step the longest files come
 * first, so that workers end at about the same time.
 */
const steps = [['unit'], ['contract', 'integration'], ['e2e'], ['faults']];
const stepOf = ({ path }) =>
  steps.findIndex((folders) => folders.some((folder) => path.includes(`/test/${folder}/`)));

/** Seconds of those that take longer than their size would say. */
const seconds = {
  'integration/request': 100,
  'faults/tag-kill': 80,
  'integration/restore': 43,
  'faults/deletions-storm': 38,
  'integration/full-scan': 37,
  'integration/late-link': 36,
  'integration/guarded-consumer': 35,
  'integration/kek': 32,
  'integration/evidence': 29,
  'integration/import': 29,
  // 43, but its S3 server may still be being built when the others begin.
  'contract/connectors': 28.5,
  'integration/holds': 28,
  'integration/policy-publish': 24,
};
const nameOf = (path) => `${basename(dirname(path))}/${basename(path, '.test.ts')}`;
const weigh = ({ path }) => [seconds[nameOf(path)] ?? 0, statSync(path).size];

export default class Sequencer extends jestSequencer {
  sort(tests) {
    const weighed = tests.map((test) => ({ test, step: stepOf(test), weight: weigh(test) }));
    return weighed
      .sort(
        (a, b) =>
          a.step - b.step ||
          b.weight[0] - a.weight[0] ||
          b.weight[1] - a.weight[1] ||
          a.test.path.localeCompare(b.test.path),
      )
      .map(({ test }) => test);
  }
}
