import { whileUnavailable, UnavailableError } from '@keiro/runtime';
import type { GuardedEvent } from '@keiro/sdk';
import type { Mail } from '../mail-processor/mails.ts';
import type { Store } from './store.ts';

/**
 * `mailer`: hands a welcome (C1) or an answer (C7) to the mail-delivery processor. What the processor keeps is
 * the copy that is reported.
 */
export const mailer: Store = {
  holder: 'mailer',
  purpose: 'service',
  categories: ['C1', 'C7'],
  async open({ config, log, counted }) {
    const post = async (mail: Mail): Promise<void> => {
      const response = await fetch(`${config.DEMO_MAIL_URL}/mails`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${config.DEMO_MAIL_TOKEN}` },
        body: JSON.stringify(mail),
        signal: AbortSignal.timeout(10_000),
      });
      await response.arrayBuffer();
      if (!response.ok)
        throw new UnavailableError('the mail processor', new Error(`answered ${String(response.status)}`));
    };
    const ready = async () => {
      const response = await fetch(`${config.DEMO_MAIL_URL}/health/ready`, {
        signal: AbortSignal.timeout(3000),
      });
      await response.arrayBuffer();
      if (!response.ok) throw new UnavailableError('the mail processor');
    };
    await whileUnavailable({ what: 'the mail processor', log, giveUpAfterMs: 60_000 }, ready);
    return {
      async handle(events) {
        const mails = events.map((event) => mailOf(event));
        for (const mail of mails) if (mail !== undefined) await post(mail);
        counted(mails.filter((mail) => mail !== undefined).length);
        return mails.map((mail) => mail?.id ?? null);
      },
      ready,
      close: () => Promise.resolve(),
    };
  },
};

/** The mail that an event leads to; none without an address. Pure. */
export function mailOf(event: GuardedEvent): Mail | undefined {
  const { email, name } = event.fields;
  const to = typeof email === 'string' ? email : event.subject['email'];
  if (to === undefined) return undefined;
  const greeting = typeof name === 'string' ? `${name} 様` : 'お客様';
  const isWelcome = event.type === 'registration';
  return {
    id: event.record,
    to,
    ...(event.subject['member'] === undefined ? {} : { member: event.subject['member'] }),
    subject: isWelcome ? 'つばめボードへようこそ' : 'お問い合わせを受け付けました',
    text: isWelcome
      ? `${greeting}\nご登録ありがとうございます。`
      : `${greeting}\n2営業日以内にお答えします。`,
  };
}
