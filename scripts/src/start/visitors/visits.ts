import type { Browser, Session } from './session.ts';
import type { Cast, Person } from './people.ts';

/** A person who became a member, with the session that is still open. */
export interface Member {
  readonly person: Person;
  readonly member: string;
  readonly session: Session;
}

export interface Visited {
  readonly mizuki: Member;
  readonly ren: Member;
  readonly emma: Member;
  /** Sessions that were opened. */
  readonly sessions: number;
}

/** Everybody's first day on the site. `say` hears who is doing what. */
export async function visitAll(browser: Browser, cast: Cast, say: (text: string) => void): Promise<Visited> {
  // One after the other: browsers side by side would only slow each other down.
  const mizuki = await mizukisDay(browser, cast.mizuki, say);
  const ren = await rensDay(browser, cast.ren, say);
  const emma = await emmasDay(browser, cast.emma, say);
  await harutosQuestion(browser, cast.haruto, say);
  return { mizuki, ren, emma, sessions: 5 };
}

/** `cookies`: what the visitor answers in the banner on the first page, if anything. */
async function signUp(
  browser: Browser,
  person: Person,
  cookies?: 'analytics' | 'necessary',
): Promise<Member> {
  const session = await browser.open({ address: person.addresses[0], kind: 'desktop' });
  const { name, nameKana, email, phone, company, department, password } = person;
  await session.visit('/');
  if (cookies !== undefined) await session.submit(`cookies-${cookies}`);
  await session.visit('/signup');
  await session.submit('signup', { name, nameKana, email, phone, company, department, password });
  return { person, member: await session.attribute('data-member'), session };
}

export async function enterCampaign({ person, session }: Member): Promise<void> {
  await session.visit('/campaign');
  await session.submit('campaign', {
    name: person.name,
    email: person.email,
    answer: '朝の連絡に使っています',
    optIn: true,
  });
}

/** Enters it in the form of her own profile. */
export async function changePosition({ session }: Member, position: string): Promise<void> {
  await session.visit('/profile');
  await session.submit('profile', { position });
}

/** Leaves the site, having read what becomes of the data. */
export async function closeAccount({ session }: Member): Promise<void> {
  await session.visit('/close');
  await session.submit('close', { understood: true });
}

/** Two sessions, everything that the site offers: she is the one whose route is shown. */
async function mizukisDay(browser: Browser, person: Person, say: (text: string) => void): Promise<Member> {
  say('Mizuki signs up');
  const mizuki = await signUp(browser, person, 'analytics');
  const { session } = mizuki;
  await session.submit('profile', { department: '経理部', position: '課長' });
  await session.visit('/board');
  await session.submit('read-spring');
  await session.submit('view');
  say('Mizuki takes a paid plan');
  await session.visit('/plan');
  await session.visit('/checkout/team');
  await session.submit('checkout', { billingAddress: '東京都架空区つばめ町1-2-3' });
  await enterCampaign(mizuki);

  say('Mizuki logs in on her phone');
  const phone = await browser.open({ address: person.addresses[1], kind: 'phone' });
  await phone.visit('/login');
  await phone.submit('login', { email: person.email, password: person.password });
  await phone.submit('read-kitchen');
  await phone.visit('/inquiry');
  await phone.submit('inquiry', { subjectLine: '請求書について', body: '請求書の宛名を変えられますか。' });
  await phone.submit('logout');
  await phone.close();
  return mizuki;
}

async function rensDay(browser: Browser, person: Person, say: (text: string) => void): Promise<Member> {
  say('Ren signs up');
  const ren = await signUp(browser, person, 'necessary');
  await ren.session.visit('/board');
  await ren.session.submit('read-backup');
  await enterCampaign(ren);
  return ren;
}

async function emmasDay(browser: Browser, person: Person, say: (text: string) => void): Promise<Member> {
  say('Emma signs up');
  const emma = await signUp(browser, person);
  await emma.session.visit('/board');
  await emma.session.submit('view');
  await enterCampaign(emma);
  return emma;
}

async function harutosQuestion(browser: Browser, person: Person, say: (text: string) => void): Promise<void> {
  say('Haruto asks a question');
  const session = await browser.open({ address: person.addresses[0], kind: 'phone' });
  await session.visit('/');
  await session.visit('/inquiry');
  await session.submit('inquiry', { name: person.name, email: person.email, body: '学校でも使えますか。' });
  await session.close();
}
