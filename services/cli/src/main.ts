import { Command, CommanderError } from 'commander';
import { messageOf } from '@keiro/runtime/errors';
import * as analytics from './analytics.ts';
import * as audit from './audit.ts';
import * as breach from './breach.ts';
import * as capture from './capture.ts';
import * as certificate from './certificate.ts';
import * as dr from './dr.ts';
import * as holders from './holders.ts';
import * as holds from './holds.ts';
import * as imports from './import.ts';
import * as kek from './kek.ts';
import * as keyReleases from './key-releases.ts';
import * as lineage from './lineage.ts';
import * as links from './links.ts';
import * as policy from './policy.ts';
import * as provisions from './provisions.ts';
import * as quarantine from './quarantine.ts';
import * as readers from './readers.ts';
import * as request from './request.ts';
import * as retention from './retention.ts';
import * as status from './status.ts';
import * as tasks from './tasks.ts';
import * as today from './today.ts';
import * as violations from './violations.ts';

const program = new Command('keiro')
  .description('Keiro: where personal data came from, went to, and how it ends')
  // So that wrong use can have an exit code of its own.
  .exitOverride();

for (const { register } of [
  today,
  lineage,
  request,
  tasks,
  holds,
  dr,
  quarantine,
  links,
  holders,
  violations,
  provisions,
  analytics,
  readers,
  breach,
  kek,
  keyReleases,
  retention,
  audit,
  certificate,
  status,
  capture,
  imports,
  policy,
])
  register(program);

try {
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // It has told what is wrong already. Help that was asked for is no error.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    process.stderr.write(`${messageOf(error)}\n`);
    process.exitCode = 1;
  }
}
