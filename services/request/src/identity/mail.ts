import { setTimeout as delay } from 'node:timers/promises';
import { createTransport } from 'nodemailer';

/** One mail: the only places at which a code and an address are together are this argument and the SMTP connection. */
export interface CodeMail {
  readonly address: string;
  readonly code: string;
  readonly until: Date;
  /** Id of the request, so that the person can tell which one it is. */
  readonly request: string;
}

export type MailOutcome = 'mailed' | 'bad-address' | 'refused' | 'unavailable';

export interface Mailer {
  /** Never throws: what a mail server says may name the address, so only its kind comes back. */
  send(mail: CodeMail): Promise<MailOutcome>;
  close(): Promise<void>;
}

/** Pauses before the second try and the third, ms. */
const pausesMs = [1000, 5000];
/** One address and nothing else: no list, no group, no comment that a header could be made of. */
const plainAddress = /^[^\s@,;:<>()[\]"\\]{1,64}@[a-z0-9.-]{1,253}$/;

export function createMailer(settings: { url: string; from: string; requireTLS: boolean }): Mailer {
  const stop = new AbortController();
  const transport = createTransport({
    url: settings.url,
    requireTLS: settings.requireTLS,
    connectionTimeout: 10_000,
    greetingTimeout: 10_000,
    socketTimeout: 20_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  const underWay = new Set<Promise<MailOutcome>>();

  async function send({ address, ...mail }: CodeMail): Promise<MailOutcome> {
    if (!plainAddress.test(address)) return 'bad-address';
    const { subject, text } = codeMail(mail);
    for (let tried = 0; ; tried += 1) {
      try {
        await transport.sendMail({
          from: settings.from,
          to: { name: '', address },
          subject,
          text,
          // RFC 3834: no holiday notice answers it.
          headers: { 'Auto-Submitted': 'auto-generated' },
        });
        return 'mailed';
      } catch (error) {
        if (!isTransient(error)) return 'refused';
        const pause = pausesMs[tried];
        if (pause === undefined) return 'unavailable';
        const goOn = await delay(pause, true, { signal: stop.signal }).catch(() => false);
        if (!goOn) return 'unavailable';
      }
    }
  }

  return {
    async send(mail) {
      const sending = send(mail);
      underWay.add(sending);
      return sending.finally(() => underWay.delete(sending));
    },
    async close() {
      stop.abort();
      await Promise.all(underWay);
      transport.close();
    },
  };
}

/** RFC 5321 4.2.1: 5xx will not pass, 4xx may; without an answer the server was not reached. */
function isTransient(error: unknown): boolean {
  const { responseCode } = error as { responseCode?: unknown };
  return typeof responseCode !== 'number' || responseCode < 500;
}

const inJapan = new Intl.DateTimeFormat('ja-JP', {
  timeZone: 'Asia/Tokyo',
  dateStyle: 'long',
  timeStyle: 'short',
});
const inEnglish = new Intl.DateTimeFormat('en-GB', {
  timeZone: 'Asia/Tokyo',
  dateStyle: 'long',
  timeStyle: 'short',
});

/** The mail in Japanese and English (L2). Nothing in it but the code says anything of the person. Pure. */
export function codeMail({ code, until, request }: Omit<CodeMail, 'address'>): {
  subject: string;
  text: string;
} {
  return {
    subject: 'ご本人確認のための確認コード / Your confirmation code',
    text: `個人情報に関する請求（受付番号 ${request}）について、ご本人であることを確認するためのコードです。

確認コード: ${code}
有効期限: ${inJapan.format(until)}（日本時間）、1回限り

このコードは請求をされた画面・窓口でのみご使用になり、他の誰にも知らせないでください。
お心当たりのない場合は、このメールを破棄してください。コードが入力されない限り、請求は進みません。

--------

This code confirms that it is you who sent a request about personal information (reference ${request}).

Code: ${code}
Valid until: ${inEnglish.format(until)} (Japan time), once

Use it only where you made the request, and tell it to nobody else.
If you did not send such a request, delete this mail: nothing happens unless the code is entered.
`,
  };
}
