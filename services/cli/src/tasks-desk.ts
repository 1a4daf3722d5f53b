import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { Option, type Command } from 'commander';
import { KeiroError } from '@keiro/runtime/errors';
import {
  evidenceLimit,
  keptEvidenceSchema,
  openedEvidenceSchema,
  retryAllAnswerSchema,
  taskSubjectSchema,
  taskViewSchema,
  type TaskSubject,
} from '@keiro/schemas';
import { asking } from './ask.ts';
import { at, print } from './output.ts';

/** What an operator does with a task that waits for one. */
export function registerDesk(tasks: Command): void {
  tasks
    .command('retry-all')
    .description('put back every failed task of a holder, or with one error, once what was wrong is mended')
    .option('--holder <id>', 'of this holder')
    .option('--error <text>', 'whose last error begins so')
    .option('--json', 'the answer as data')
    .action(async ({ json, ...which }: { holder?: string; error?: string; json?: boolean }) => {
      const answer = await asking('request')(
        { path: '/v1/tasks/retry-all', body: which },
        retryAllAnswerSchema,
      );
      if (json === true) print(JSON.stringify(answer, null, 2));
      else if (answer.putBack === 0)
        print('該当する失敗タスクはありません。 No failed task fits: keiro tasks list');
      else print(`${String(answer.putBack)} 件を戻しました。 ${String(answer.putBack)} tasks were put back.`);
    });

  tasks
    .command('hand-over')
    .description(
      'hand a task that waits for an operator to another desk; the list says who has it, since when',
    )
    .argument('<id>', 'the task')
    .argument('<desk>', 'who looks after it from now on')
    .option('--json', 'the answer as data')
    .action(async (id: string, to: string, { json }: { json?: boolean }) => {
      const path = `/v1/tasks/${encodeURIComponent(id)}/hand-over`;
      const task = await asking('request')({ path, body: { to } }, taskViewSchema);
      if (json === true) print(JSON.stringify(task, null, 2));
      else print(`${task.id}  担当 desk: ${task.desk?.who ?? to}  ${at(task.desk?.since ?? task.createdAt)}`);
    });

  tasks
    .command('close')
    .description('close a task by hand, with evidence: the receipt says so, and that no probe has looked')
    .argument('<id>', 'the task')
    .requiredOption('--reference <ref>', 'where the evidence lies: letters, digits, - and _')
    .addOption(
      new Option(
        '--evidence <file>',
        'keep this file, sealed: PDF, PNG, JPEG or text, up to 4 MiB; its key is told once',
      ).conflicts('file'),
    )
    .option('--file <file>', 'evidence that is kept elsewhere; only its SHA-256 leaves this machine')
    .option('--json', 'the answer as data')
    .action(async (id: string, { reference, evidence, file, json }: CloseOptions) => {
      const path = `/v1/tasks/${encodeURIComponent(id)}/close`;
      const kept = evidence === undefined ? undefined : await keep(id, evidence);
      // Told before the task is closed: whatever happens then, the file can be opened.
      if (kept !== undefined && json !== true)
        print(`証拠を保管しました。 Kept as ${kept.id}. 鍵（一度だけ表示） key, told this once: ${kept.key}`);
      const shown =
        kept !== undefined
          ? { evidence: kept.id }
          : file === undefined
            ? {}
            : { sha256: await digestOf(file) };
      const task = await asking('request')({ path, body: { reference, ...shown } }, taskViewSchema);
      if (json === true) print(JSON.stringify({ ...task, ...(kept === undefined ? {} : { kept }) }, null, 2));
      else print(`${task.id}  手作業で完了 closed by hand  ${task.receipt?.byHand?.by ?? ''}  ${reference}`);
    });

  tasks
    .command('evidence')
    .description('get back a file that was kept for a task; its key is read from standard input')
    .argument('<id>', 'the task')
    .argument('<evidence>', 'its id, as keiro request show tells it')
    .requiredOption('--out <file>', 'where to put it; nothing is written over')
    .action(async (id: string, evidence: string, { out }: { out: string }) => {
      const key = (await text(process.stdin)).trim();
      const path = `/v1/tasks/${encodeURIComponent(id)}/evidence/open`;
      const opened = await asking('request')({ path, body: { id: evidence, key } }, openedEvidenceSchema);
      const bytes = Buffer.from(opened.content, 'base64');
      if (createHash('sha256').update(bytes).digest('hex') !== opened.sha256)
        throw new KeiroError('changed', 'this is not the file that was kept', { retryable: false });
      await writeFile(out, bytes, { flag: 'wx', mode: 0o600 }).catch((error: unknown) => {
        throw unusable('--out', 'written', error);
      });
      print(`${out}  ${opened.type}  ${String(bytes.length)}  ${opened.sha256}`);
    });

  tasks
    .command('subject')
    .description('whom and what a task is about that waits for a person; each look is audited')
    .argument('<id>', 'the task')
    .requiredOption('--reference <ref>', 'the case for which you look: letters, digits, - and _')
    .option('--json', 'the answer as data')
    .action(async (id: string, { reference, json }: { reference: string; json?: boolean }) => {
      const path = `/v1/tasks/${encodeURIComponent(id)}/subject`;
      const subject = await asking('erase')({ path, body: { reference } }, taskSubjectSchema);
      print(json === true ? JSON.stringify(subject, null, 2) : subjectText(subject));
    });
}

interface CloseOptions {
  readonly reference: string;
  readonly evidence?: string;
  readonly file?: string;
  readonly json?: boolean;
}

async function keep(task: string, file: string) {
  const { size } = await stat(file).catch((error: unknown) => {
    throw unusable('--evidence', 'read', error);
  });
  if (size > evidenceLimit)
    throw new KeiroError('too-large', `the file of --evidence has more than ${String(evidenceLimit)} bytes`, {
      retryable: false,
    });
  const bytes = await readFile(file).catch((error: unknown) => {
    throw unusable('--evidence', 'read', error);
  });
  const path = `/v1/tasks/${encodeURIComponent(task)}/evidence`;
  return asking('request')({ path, body: { content: bytes.toString('base64') } }, keptEvidenceSchema);
}

function unusable(option: string, done: string, error: unknown): KeiroError {
  const { code = 'error' } = error as { code?: string };
  return new KeiroError('no-file', `the file of ${option} cannot be ${done} (${code})`, { retryable: false });
}

function subjectText(subject: TaskSubject): string {
  const { directive, holder, purposes, instructions, identifiers, changes = [], locators } = subject;
  const more = subject.locatorsTotal - locators.length;
  return [
    `${subject.task}  ${holder}  ${directive}${purposes.length === 0 ? '' : ` (${purposes.join(', ')})`}`,
    ...(instructions === undefined ? [] : [`手順 what to do  ${instructions.ja}`, `  ${instructions.en}`]),
    ...(identifiers.length === 0
      ? ['識別子なし（個別の写しのみ） no identifier: it is about single copies alone']
      : identifiers.map(({ kind, value }) => `${kind}  ${value}`)),
    ...changes.map(({ field, value }) => `訂正 set  ${field}  ${JSON.stringify(value)}`),
    ...locators.map((locator) => `保管場所 where  ${locator}`),
    ...(more > 0 ? [`ほか ${String(more)} 件 and ${String(more)} more`] : []),
  ].join('\n');
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    await pipeline(createReadStream(file), hash);
  } catch (error) {
    throw unusable('--file', 'read', error);
  }
  return hash.digest('hex');
}
