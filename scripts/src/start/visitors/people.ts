/** An invented visitor. Everything that is shared between runs of the demo is made anew, so that nobody is two. */
export interface Person {
  readonly name: string;
  readonly nameKana: string;
  readonly email: string;
  readonly phone: string;
  readonly company: string;
  readonly department: string;
  readonly password: string;
  /** From the ranges that are reserved for documentation. */
  readonly addresses: readonly [string, string];
}

export interface Cast {
  /** Allows statistics. Her lineage is shown, then she is deleted. */
  readonly mizuki: Person;
  /** Refuses statistics. He suspends marketing, and later resumes it. */
  readonly ren: Person;
  /** Chooses nothing in the banner: what is kept from him must reach her. In the end she leaves. */
  readonly emma: Person;
  /** No member: asks a question and goes. */
  readonly haruto: Person;
}

const letters = 'abcdefghjkmnpqrstuvwxyz';

export function createCast(random: (bytes: number) => Buffer): Cast {
  const run = [...random(6)].map((byte) => letters[byte % letters.length]).join('');
  const digits = (count: number) => [...random(count)].map((byte) => String(byte % 10)).join('');
  const person = (
    [name, nameKana]: readonly [string, string],
    mailbox: string,
    [company, department]: readonly [string, string],
    addresses: readonly [string, string],
  ): Person => ({
    name,
    nameKana,
    email: `${mailbox}.${run}@${mailbox}.example`,
    // No number of Japan begins like this.
    phone: `090-0${digits(3)}-${digits(4)}`,
    company,
    department,
    password: `kodomo-no-hi-${run}`,
    addresses,
  });
  return {
    mizuki: person(
      ['青山 美月', 'あおやま みづき'],
      'mizuki',
      ['青山商店', '総務部'],
      ['192.0.2.17', '2001:db8::17'],
    ),
    ren: person(
      ['佐伯 蓮', 'さえき れん'],
      'ren',
      ['佐伯製作所', '営業部'],
      ['198.51.100.23', '198.51.100.24'],
    ),
    emma: person(
      ['Ｅｍｍａ Brown', 'えま ぶらうん'],
      'emma',
      ['Brown Translations', '代表'],
      ['203.0.113.5', '203.0.113.6'],
    ),
    haruto: person(['小野 陽翔', 'おの はると'], 'haruto', ['', ''], ['192.0.2.99', '192.0.2.98']),
  };
}
