import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { normaliseIdentifier } from '@keiro/schemas';
import { z } from 'zod';
import type { Fulfiller } from '../opendsr/book.ts';
import type { Identity } from '../opendsr/messages.ts';

export const mailSchema = z.strictObject({
  id: z.string().min(1).max(256),
  to: z.string().max(320),
  member: z.string().max(320).optional(),
  subject: z.string().max(500),
  text: z.string().max(100_000),
});
export type Mail = z.infer<typeof mailSchema>;

/** The processor's outbox of delivered mails: one file each, in a folder of its own. */
export interface Mails extends Fulfiller {
  /** The same id again is the same mail. */
  deliver(mail: Mail): Promise<void>;
  readonly size: number;
}

export async function openMails(folder: string): Promise<Mails> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const mails = new Map<string, Mail>();
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    // A temporary file is what a crash left of a mail that was never confirmed.
    if (!name.endsWith('.json')) await rm(path);
    else mails.set(name, mailSchema.parse(JSON.parse(await readFile(path, 'utf8'))));
  }
  const nameOf = (id: string) => `${createHash('sha256').update(id).digest('hex')}.json`;
  const matching = (identities: readonly Identity[]) =>
    [...mails].filter(([, mail]) => identities.some((identity) => concerns(mail, identity)));

  return {
    get size() {
      return mails.size;
    },
    async deliver(mail) {
      const path = join(folder, nameOf(mail.id));
      await writeFile(`${path}.tmp`, JSON.stringify(mail), { mode: 0o600, flush: true });
      await rename(`${path}.tmp`, path);
      mails.set(nameOf(mail.id), mail);
    },
    async erase(identities) {
      const found = matching(identities);
      for (const [name] of found) {
        await rm(join(folder, name), { force: true });
        mails.delete(name);
      }
      return found.length;
    },
    find: (identities) => Promise.resolve(matching(identities).map(([, mail]) => mail)),
  };
}

function concerns(mail: Mail, { kind, value }: Identity): boolean {
  if (kind === 'email') return normaliseIdentifier('email', mail.to) === value;
  return kind === 'controller_customer_id' && mail.member === value;
}
