import { readFileSync } from 'node:fs';

/** Gives a test file the environment of its worker's own stack, see scripts/src/run-tests.ts. */
const { KEIRO_TEST_LANES: file, JEST_WORKER_ID: worker } = process.env;
if (file !== undefined)
  Object.assign(process.env, JSON.parse(readFileSync(file, 'utf8'))[Number(worker) - 1]);
