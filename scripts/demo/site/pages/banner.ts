import { html } from 'ghtml';
import { once, settingsPath, type View } from './view.ts';

/**
 * Asks about analytics cookies until the visitor has chosen. First on the page, so that the keyboard comes to it first;
 * both answers look the same and cost one click.
 */
export function banner(view: View): string {
  return html`<section class="cookies" role="region" data-asks="cookies" aria-labelledby="cookies-title">
    <div>
      <h2 id="cookies-title">クッキーについて <span lang="en">Cookies</span></h2>
      <p>
        ログインと設定を保つクッキーは必ず使います。加えて、ページの閲覧を統計と品質向上のために数えてもよいか、お選びください。あとからいつでも変えられます。
        <span lang="en"
          >May we also count page views, for statistics and quality? You can change this at any time.</span
        >
      </p>
      <div class="answers">
        !${answer(view, 'necessary', 'banner')} !${answer(view, 'analytics', 'banner')}
        <a href="${settingsPath}">設定を見る <span lang="en">Settings</span></a>
      </div>
    </div>
  </section>`;
}

export const answers = {
  necessary: { ja: '必要なクッキーのみ', en: 'Necessary only' },
  analytics: { ja: '統計のクッキーも許可', en: 'Allow statistics too' },
} as const;

/** One answer as a form with one button. */
export function answer(view: View, choice: keyof typeof answers, from: 'banner' | 'form'): string {
  const { ja, en } = answers[choice];
  return html`<form method="post" action="/settings/cookies" name="cookies-${choice}">
    !${once(view)}<input type="hidden" name="choice" value="${choice}" /><input
      type="hidden"
      name="from"
      value="${from}"
    /><input type="hidden" name="back" value="${view.path}" /><button class="answer">
      ${ja} <span lang="en">${en}</span>
    </button>
  </form>`;
}
