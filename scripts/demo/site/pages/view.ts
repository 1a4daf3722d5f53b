import { html } from 'ghtml';
import type { Policy } from '@keiro/schemas';
import type { Session } from '../members.ts';
import type { Analytics } from '../tag.ts';

/** What every page is drawn from. */
export interface View {
  readonly session: Session;
  /** Goes into a form, another one into each: proves that this session was shown it, and makes a repeated post harmless. */
  readonly once: () => string;
  /** The privacy policy in force. */
  readonly policy: Policy;
  /** Where the visitor is. */
  readonly path: string;
  /** The visitor has not chosen yet about analytics cookies. */
  readonly asks: boolean;
  /** Where the page's tag sends to; absent without consent: then the page has none (G1). */
  readonly analytics?: Analytics;
}

/** A title and a body that is markup already. */
export interface Page {
  readonly title: string;
  readonly body: string;
}

export const settingsPath = '/settings';

export function once(view: View): string {
  return html`<input type="hidden" name="once" value="${view.once()}" />`;
}
