import { hash } from 'node:crypto';
import type { Labels } from '../policy/labels.ts';
import type { DeclaredTag } from './declared.ts';
import { holdsAddress, holdsEmail, holdsPhone, spellingsOf } from './identifying.ts';

/* G1: whether what a tag sent is what was declared, and tells nobody who the visitor is. Pure. */

/** A request of a tag as the browser sends it. */
export interface TagRequest {
  /** Address of the page that sent it, in full. */
  readonly page: string;
  readonly url: string;
  /** Of a POST: one event a line, as gtag batches them. */
  readonly body?: string;
}

/** What would identify the visitor of this page. */
export interface KnownOfVisitor {
  /** What was typed into its forms. */
  readonly typed: readonly string[];
  /** Names, member ids and the like that the page knows of who is signed in. */
  readonly known: readonly string[];
}

const said = (ja: string, en: string): Labels => ({ ja, en });
export const tagFindingKinds = {
  undeclared: said('宣言にないパラメーターです', 'a parameter that is not declared'),
  'other-form': said('宣言した形の値ではありません', 'a value of another form than declared'),
  'user-id': said('利用者IDを送っています', 'it sends a user id'),
  email: said('メールアドレスを含みます', 'it holds an e-mail address'),
  phone: said('電話番号を含みます', 'it holds a telephone number'),
  'ip-address': said('IPアドレスを含みます', 'it holds an IP address'),
  'query-string': said(
    'アドレスに問い合わせ文字列か断片を含みます',
    'an address with a query string or a fragment',
  ),
  'form-value': said('フォームに入力した値を含みます', 'it holds what was typed into a form'),
  'known-value': said('ログイン中の本人の名前やIDを含みます', 'it holds a name or an id of who is signed in'),
  hashed: said(
    '入力値や本人の値のハッシュを含みます',
    'it holds the hash of what was typed, or of who is signed in',
  ),
  'before-consent': said('同意の前に送っています', 'it was sent before consent'),
  'after-opt-out': said('停止の設定があるのに送っています', 'it was sent although the visitor opted out'),
} as const satisfies Record<string, Labels>;
export type TagFindingKind = keyof typeof tagFindingKinds;

/** Names parameter and page, never the value. */
export interface TagFinding {
  /** Origin and path. */
  readonly page: string;
  /** `*` where it is the request as such. */
  readonly parameter: string;
  readonly kind: TagFindingKind;
}

/** Whether a request is one of a Google Analytics tag, whichever host it goes to: a proxy of our own is one too. */
export function isTagRequest(url: string): boolean {
  const { hostname, pathname } = new URL(url);
  if (/(^|\.)(google-analytics\.com|analytics\.google\.com)$/.test(hostname)) return true;
  return /\/([gjr]|mp)\/collect$/.test(pathname);
}

/** Everything that speaks against one request, in the order of its parameters; of each kind once a parameter. */
export function checkTagRequest(
  request: TagRequest,
  declared: DeclaredTag,
  visitor: KnownOfVisitor,
): TagFinding[] {
  const page = pageOf(request.page);
  const patterns = new Map(
    declared.parameters.map(({ name, pattern }) => [name, new RegExp(`^(?:${pattern})$`, 'u')]),
  );
  const secrets = secretsOf(visitor);
  const found = new Map<string, TagFinding>();
  for (const [name, value] of parametersOf(request)) {
    const parameter = nameOf(name, secrets);
    const kinds = [
      ...formKinds(name, value, patterns),
      ...identifyingKinds(name, value, new URL(request.page).host, secrets),
    ];
    for (const kind of kinds) found.set(`${parameter} ${kind}`, { page, parameter, kind });
  }
  return [...found.values()];
}

/** Origin and path: what follows may be personal itself. */
export function pageOf(url: string): string {
  const { origin, pathname } = new URL(url);
  return `${origin}${pathname}`;
}

/** Of the address and of every line of the body. */
function parametersOf({ url, body }: TagRequest): [string, string][] {
  const { searchParams, hash: fragment } = new URL(url);
  return [
    ...searchParams,
    ...(fragment === '' ? [] : [['#', fragment] as [string, string]]),
    ...(body ?? '').split(/\r?\n/).flatMap((line) => (line === '' ? [] : [...new URLSearchParams(line)])),
  ];
}

function formKinds(name: string, value: string, patterns: ReadonlyMap<string, RegExp>): TagFindingKind[] {
  const pattern = patterns.get(name);
  if (pattern === undefined) return ['undeclared'];
  return pattern.test(value) ? [] : ['other-form'];
}

/** `uid` in the protocol's own words, and what is called so in a parameter or property of ours. */
const userIds = /^(uid|(epn?|upn?)\.(user_?id|member(_?id)?|uid))$/i;

interface Secrets {
  readonly typed: readonly string[];
  readonly known: readonly string[];
  readonly hashed: readonly string[];
}

function identifyingKinds(name: string, value: string, host: string, secrets: Secrets): TagFindingKind[] {
  const texts = spellingsOf(value);
  const holds = (some: readonly string[]) =>
    some.some((secret) => [...texts, ...spellingsOf(name)].some((text) => text.includes(secret)));
  // The site's own address is no visitor's, even where it is an IP address.
  const elsewhere = texts.map((text) => text.replaceAll(host.toLowerCase(), ''));
  const kinds: [TagFindingKind, boolean][] = [
    ['user-id', userIds.test(name)],
    ['email', elsewhere.some(holdsEmail)],
    ['phone', elsewhere.some(holdsPhone)],
    ['ip-address', elsewhere.some(holdsAddress)],
    ['query-string', addressLike.test(value) && /[?#]/.test(value)],
    ['form-value', holds(secrets.typed)],
    ['known-value', holds(secrets.known)],
    ['hashed', holds(secrets.hashed)],
  ];
  return kinds.flatMap(([kind, is]) => (is ? [kind] : []));
}

const addressLike = /^(https?:\/\/|\/)/i;

/** What is too short would be found anywhere. */
const shortest = 3;

function secretsOf({ typed, known }: KnownOfVisitor): Secrets {
  const plain = (values: readonly string[]) =>
    values.flatMap((value) => spellingsOf(value.trim())).filter((value) => value.length >= shortest);
  const all = [...typed, ...known].flatMap((value) => [value, value.trim().toLowerCase()]);
  const hashed = all.flatMap((value) => [
    hash('sha256', value, 'hex'),
    // Text is compared in lower case.
    hash('sha256', value, 'base64url').toLowerCase(),
    hash('md5', value, 'hex'),
  ]);
  return { typed: plain(typed), known: plain(known), hashed };
}

/** A name may hold a value itself: then it is not shown. */
function nameOf(name: string, { typed, known, hashed }: Secrets): string {
  const isPlain = /^[A-Za-z0-9_.#]{1,64}$/.test(name);
  const text = name.toLowerCase();
  const isClean = ![...typed, ...known, ...hashed].some((secret) => text.includes(secret));
  return isPlain && isClean && !holdsPhone(text) ? name : '(name withheld)';
}
