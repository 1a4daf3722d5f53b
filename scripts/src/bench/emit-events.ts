import type { CollectionEvent } from '@keiro/schemas';

/* What a groupware service emits, in the proportions of its daily life: invented people, two identifiers an event. */

const site = 'www.demo.example';
const newPersonEvery = 10;
const knownPersons = 2000;

/** The `number`-th event of a run. One in ten registers somebody nobody has seen; the others are known people's. */
export function emitEvent(run: string, number: number, at: Date): CollectionEvent {
  const isNew = number % newPersonEvery === 0;
  const person = isNew ? `${run}-${String(number)}` : `known-${String((number * 7919) % knownPersons)}`;
  const envelope = {
    specversion: '1.0' as const,
    id: `${run}-${String(number)}`,
    source: 'demo-site',
    time: at.toISOString(),
    policyversion: '2017-02-02',
  };
  const member = `m-${person}`;
  if (isNew) {
    const email = `${person}@mail.example`;
    return {
      ...envelope,
      type: 'registration',
      data: {
        subject: { member, email },
        site,
        noticeVersion: 'n-2017-02',
        name: '架空 花子',
        nameKana: 'カクウ ハナコ',
        email,
        company: '株式会社つばめ見本',
      },
    };
  }
  const subject = { member, cookie: `c-${person}` };
  if (number % 2 === 0) {
    return {
      ...envelope,
      type: 'cookie',
      data: {
        subject,
        site,
        cookieKind: 'feature',
        action: 'use',
        path: '/board/12',
        feature: 'board',
        durationSeconds: 34,
      },
    };
  }
  return {
    ...envelope,
    type: 'access',
    data: {
      subject,
      site,
      status: 200,
      bytes: 5120,
      method: 'GET',
      ip: '192.0.2.7',
      userAgent:
        'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
      path: `/board/${String(number % 100)}?page=2`,
      referer: `https://${site}/board`,
    },
  };
}
