import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import PostalMime, { type Email } from 'postal-mime';
import { mailsIn } from './keep.ts';

const mostShown = 50;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');

const addressesOf = ({ to = [] }: Email): string => to.map(({ address }) => address ?? '').join(', ');

/** What came, newest first. Pure. */
export function mailboxPage(mails: readonly Email[]): string {
  const items = mails.map(
    (mail) => `<article>
<h2>${escaped(mail.subject ?? '')}</h2>
<p>宛先 To: ${escaped(addressesOf(mail))} · 日時 Date: ${escaped(mail.date ?? '')}</p>
<pre>${escaped(mail.text ?? '')}</pre>
</article>`,
  );
  return `<!doctype html>
<html lang="ja">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>メールボックス Mailbox</title>
<style>body{font-family:sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}pre{white-space:pre-wrap}article{border-top:1px solid #888}</style>
</head>
<body>
<h1>メールボックス Mailbox</h1>
<p>ここに届いたメールはどこにも配送されません。 What came here was delivered to nobody.</p>
${items.length === 0 ? '<p>メールはまだありません。 No mail has come yet.</p>' : items.join('\n')}
</body>
</html>
`;
}

/** Shows a folder of mails to this machine; whatever else is asked for is not there. */
export function servePage(folder: string, port: number): Server {
  const server = createServer((request, response) => {
    if (request.method !== 'GET' || request.url !== '/') {
      response.writeHead(404).end();
      return;
    }
    const files = mailsIn(folder).slice(0, mostShown);
    Promise.all(files.map(async (name) => PostalMime.parse(await readFile(join(folder, name))))).then(
      (mails) => {
        response.writeHead(200, {
          'content-type': 'text/html; charset=utf-8',
          'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
          'cache-control': 'no-store',
        });
        response.end(mailboxPage(mails));
      },
      () => response.writeHead(500).end(),
    );
  });
  return server.listen(port, '127.0.0.1');
}
