import { once } from 'node:events';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mailbox as localMailbox } from '@keiro/infra/local/mailbox';
import { mailsIn, openMailbox } from '@keiro/infra/mailbox/keep';
import { servePage } from '@keiro/infra/mailbox/page';
import { createMailer } from '@keiro/request/identity/mail';

/* The local stack's mailbox takes what `request` mails, shows it, and delivers nothing. */

let folder: string;
let mailbox: Awaited<ReturnType<typeof openMailbox>>;
let page: ReturnType<typeof servePage>;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'keiro-mailbox-'));
  mailbox = await openMailbox(folder, 0);
  page = servePage(folder, 0);
  await once(page, 'listening');
});
afterEach(async () => {
  page.close();
  await mailbox.close();
  rmSync(folder, { recursive: true });
});

const address = () => `smtp://127.0.0.1:${String(mailbox.port)}`;
async function shown(path = '/') {
  const { port } = page.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${String(port)}${path}`);
  return { status: answer.status, text: await answer.text() };
}
async function mail(to: string, code: string) {
  const mailer = createMailer({ url: address(), from: 'Desk <desk@demo.example>', requireTLS: false });
  try {
    return await mailer.send({
      address: to,
      code,
      until: new Date('2026-04-02T03:00:00Z'),
      request: 'req-1',
    });
  } finally {
    await mailer.close();
  }
}

describe('the mailbox', () => {
  it('keeps each mail in a file of its own, for its owner alone, and shows the newest first', async () => {
    expect((await shown()).text).toContain('メールはまだありません');
    expect(await mail('mizuki@people.example', '04200042')).toBe('mailed');
    expect(await mail('ren@people.example', '11112222')).toBe('mailed');
    const files = mailsIn(folder);
    expect(files).toHaveLength(2);
    for (const file of files) expect(statSync(join(folder, file)).mode & 0o777).toBe(0o600);

    const { text } = await shown();
    expect(text).toContain('確認コード: 04200042');
    expect(text).toContain('mizuki@people.example');
    expect(text.indexOf('11112222')).toBeLessThan(text.indexOf('04200042'));
  });

  it('shows what a mail says as text, and nothing but its one page', async () => {
    await mail('mizuki@people.example', '<script>alert(1)</script>');
    const { text } = await shown();
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    expect(text).not.toContain('<script>');
    expect((await shown('/../keys.json')).status).toBe(404);
    expect((await shown('/?file=x')).status).toBe(404);
  });

  it('is ready when it greets, and not before', async () => {
    const refusing = createServer((socket) => socket.end('554 no service\r\n')).listen(0, '127.0.0.1');
    await once(refusing, 'listening');
    const { port } = refusing.address() as AddressInfo;
    await expect(localMailbox.check(`smtp://127.0.0.1:${String(port)}`)).rejects.toThrow('does not greet');
    refusing.close();
    await expect(localMailbox.check(address())).resolves.toBeUndefined();
    await expect(localMailbox.check('smtp://127.0.0.1:1')).rejects.toThrow('does not greet');
  });
});
