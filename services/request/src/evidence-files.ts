import { hash } from 'node:crypto';
import { appendAudit, PoisonError, ProblemError } from '@keiro/runtime';
import {
  evidenceLimit,
  type EvidenceType,
  type TaskDocument,
  type TaskEvidenceDocument,
} from '@keiro/schemas';
import { open, seal } from '@keiro/sdk';
import type { Db } from 'mongodb';

/** Files that show what a person did by hand. What they say may name the person, so nobody here can read one. */
export interface EvidenceFiles {
  /** `content` in base64. Errors: 404 `unknown-task`, 409 `not-waiting`, 413 and 415 that name `content`. */
  keep(
    task: string,
    content: string,
    by: string,
  ): Promise<{ id: string; sha256: string; size: number; type: EvidenceType; key: string }>;
  /** Errors: 404 `unknown-evidence`, 403 `wrong-key`. */
  open(
    task: string,
    asked: { readonly id: string; readonly key: string },
    by: string,
  ): Promise<{ sha256: string; type: EvidenceType; content: string }>;
  digestOf(task: string, id: string): Promise<{ sha256: string; evidence: string }>;
}

export function createEvidenceFiles(deps: {
  readonly db: Db;
  readonly now: () => Date;
  readonly random: (bytes: number) => Buffer;
}): EvidenceFiles {
  const { db, now, random } = deps;
  const files = db.collection<TaskEvidenceDocument>('taskEvidence');

  async function find(task: string, id: string): Promise<TaskEvidenceDocument> {
    const file = await files.findOne({ _id: id });
    if (file?.task === task) return file;
    throw new ProblemError(404, 'unknown-evidence', 'no such file was kept for this task', [
      { field: 'evidence', code: 'unknown', message: 'was not kept for this task' },
    ]);
  }

  return {
    async keep(id, content, by) {
      const bytes = Buffer.from(content, 'base64');
      const type = checkedType(bytes);
      const task = await db.collection<TaskDocument>('tasks').findOne({ _id: id });
      if (task === null) throw new ProblemError(404, 'unknown-task', 'there is no task with this id');
      if (task.state !== 'by-hand' && task.state !== 'failed')
        throw new ProblemError(409, 'not-waiting', 'only a task that waits for an operator takes evidence');
      const key = random(32);
      const file: TaskEvidenceDocument = {
        _id: `ev-${random(12).toString('hex')}`,
        request: task.request,
        task: id,
        sha256: hash('sha256', bytes, 'hex'),
        size: bytes.length,
        type,
        sealed: '',
        at: now(),
        by,
      };
      await files.insertOne({ ...file, sealed: seal(key, bytes, boundTo(file), random(12)) });
      await told(file, 'task.evidence-kept', by);
      const { _id, sha256, size } = file;
      return { id: _id, sha256, size, type, key: key.toString('base64url') };
    },

    async open(task, { id, key }, by) {
      const file = await find(task, id);
      try {
        const bytes = open(Buffer.from(key, 'base64url'), file.sealed, boundTo(file));
        await told(file, 'task.evidence-opened', by);
        return { sha256: file.sha256, type: file.type, content: bytes.toString('base64') };
      } catch (error) {
        if (!(error instanceof PoisonError)) throw error;
        throw new ProblemError(403, 'wrong-key', 'this key does not open it', [
          { field: 'key', code: 'wrong', message: 'does not open this file' },
        ]);
      }
    },

    async digestOf(task, id) {
      const { _id, sha256 } = await find(task, id);
      return { sha256, evidence: _id };
    },
  };

  async function told(file: TaskEvidenceDocument, action: string, by: string): Promise<void> {
    const at = now();
    const { _id, request, task, sha256, size, type } = file;
    await appendAudit(db, [
      {
        _id: `${_id}/${action}/${at.toISOString()}`,
        at,
        by,
        action,
        request,
        detail: { task, evidence: _id, sha256, size, type },
      },
    ]);
  }
}

const boundTo = ({ _id, task, sha256 }: TaskEvidenceDocument): string =>
  `evidence\n${_id}\n${task}\n${sha256}`;

function checkedType(bytes: Buffer): EvidenceType {
  const refused = (status: number, code: string, message: string) =>
    new ProblemError(status, code, 'this file cannot be kept as evidence', [
      { field: 'content', code, message },
    ]);
  if (bytes.length > evidenceLimit)
    throw refused(413, 'too-large', `has more than ${String(evidenceLimit)} bytes`);
  const type = typeOfEvidence(bytes);
  if (type === undefined) throw refused(415, 'unknown-type', 'is no PDF, PNG, JPEG or text in UTF-8');
  return type;
}

const beginnings: readonly (readonly [EvidenceType, Buffer])[] = [
  ['application/pdf', Buffer.from('%PDF-')],
  ['image/png', Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])],
  ['image/jpeg', Buffer.from([0xff, 0xd8, 0xff])],
];

/** What a file is by its own bytes: what it is called says nothing. Undefined where it may not be kept. Pure. */
export function typeOfEvidence(bytes: Buffer): EvidenceType | undefined {
  const known = beginnings.find(([, begins]) => bytes.subarray(0, begins.length).equals(begins));
  if (known !== undefined) return known[0];
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    // A letter or a log; what has other control characters is a program or an archive.
    return bytes.length > 0 && !/[^\P{Cc}\t\r\n\f]/u.test(text) ? 'text/plain' : undefined;
  } catch {
    return undefined;
  }
}
