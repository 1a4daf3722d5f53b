/* What a visitor decided about cookies that are not necessary. */

export interface CookieChoice {
  /** Statistics on visits and pages. */
  readonly analytics: boolean;
  readonly at: Date;
}

/** A session, as far as choices go. */
interface Chooser {
  readonly choice?: CookieChoice;
  readonly member?: { readonly choice?: CookieChoice };
}

/** Version of the text that banner and settings show: a new text is a new word, and everybody is asked again. */
export const cookieWording = 'cookies-1';

/**
 * Remembers the choice of a browser in which nobody has signed in yet, and under which name the pipeline knows it.
 * A member's choice is kept with the account. So the name of a browser that a member has used is never read back,
 * and does not become the next member's.
 */
export const choiceCookieName = 'tsubame_cookies';
/** Half a year: then the visitor is asked again. */
export const choiceDays = 180;

/** The choice that holds for this session; undefined until there is one. */
export function choiceOf({ member, choice }: Chooser): CookieChoice | undefined {
  return member === undefined ? choice : member.choice;
}

/** What the browser brings along to an account: its own choice, where it is the later one. Pure. */
export function choiceBroughtBy(
  browser: Chooser,
  account: { readonly choice?: CookieChoice },
): CookieChoice | undefined {
  const { member, choice } = browser;
  if (member !== undefined || choice === undefined) return undefined;
  return account.choice === undefined || choice.at > account.choice.at ? choice : undefined;
}

/** Text of the choice cookie. Pure. */
export function writeChoice({ analytics, at }: CookieChoice, visitor: string): string {
  return [analytics ? 'analytics' : 'necessary', cookieWording, String(at.getTime()), visitor].join('.');
}

const shape = /^(analytics|necessary)\.([a-z0-9-]+)\.(\d{1,14})\.(v-[a-z]{20})$/;

/** Undefined for what is no choice, or one about an earlier text. Pure. */
export function readChoice(
  text: string | undefined,
): { readonly choice: CookieChoice; readonly visitor: string } | undefined {
  const [, decided, wording, at, visitor] = shape.exec(text ?? '') ?? [];
  if (visitor === undefined || wording !== cookieWording) return undefined;
  return { choice: { analytics: decided === 'analytics', at: new Date(Number(at)) }, visitor };
}
