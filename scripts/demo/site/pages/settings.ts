import { html } from 'ghtml';
import type { CookieChoice } from '../choice.ts';
import { answer, answers } from './banner.ts';
import { notice } from './layout.ts';
import { once, type Page, type View } from './view.ts';

/** Where what was chosen can be seen and changed: cookies for everybody, news by e-mail for members. */
export function settingsPage(
  view: View,
  choice: CookieChoice | undefined,
  said?: { readonly text: string; readonly kind: 'wrong' | 'well' },
): Page {
  const { member } = view.session;
  const chosen = choice === undefined ? undefined : choice.analytics ? 'analytics' : 'necessary';
  return {
    title: 'クッキーとお知らせの設定',
    body: html`<h1>クッキーとお知らせの設定</h1>
      <p class="lead">
        いつでも変えられます。変えた設定は、次のページから効きます。
        <span lang="en">Change them at any time.</span>
      </p>
      !${notice(said?.text, said?.kind)}
      <section class="sheet" aria-labelledby="cookies-here">
        <h2 id="cookies-here">クッキー <span lang="en">Cookies</span></h2>
        <p data-cookies="${chosen ?? 'undecided'}">
          現在の設定：<strong>${chosen === undefined ? 'まだ選ばれていません' : answers[chosen].ja}</strong>
          <span lang="en">${chosen === undefined ? 'Not chosen yet' : answers[chosen].en}</span>
        </p>
        <dl>
          <dt>必要なクッキー <span lang="en">Necessary</span></dt>
          <dd>ログイン、掲示板の見かた、この設定を保ちます。止めることはできません。</dd>
          <dt>統計のクッキー <span lang="en">Statistics</span></dt>
          <dd>
            見たページと時刻を、統計とサービスの品質向上のために数えます。許可されるまで設定しません。許可を取り消すと削除し、以後は数えません。Google
            アナリティクスのタグもこのクッキーだけを使い、ページの場所と題名、言語、画面の大きさのほかは送りません。<a
              href="https://tools.google.com/dlpage/gaoptout"
              rel="noreferrer"
              >オプトアウト アドオン</a
            >でも止められます。
            <span lang="en"
              >The analytics tag uses this cookie alone; Google’s opt-out add-on stops it too.</span
            >
          </dd>
        </dl>
        <div class="answers">
          !${chosen === 'necessary' ? '' : answer(view, 'necessary', 'form')}
          !${chosen === 'analytics' ? '' : answer(view, 'analytics', 'form')}
        </div>
      </section>
      !${member === undefined ? '' : forMembers(view, member.wantsNews)}`,
  };
}

function forMembers(view: View, wantsNews: boolean): string {
  return html`<section class="sheet" aria-labelledby="news">
      <h2 id="news">お知らせメール <span lang="en">News by e-mail</span></h2>
      <p data-news="${wantsNews ? 'on' : 'off'}">
        現在の設定：<strong>${wantsNews ? '受け取る' : '受け取らない'}</strong>
        <span lang="en">${wantsNews ? 'Wanted' : 'Not wanted'}</span>
      </p>
      <p>
        新機能やお得なプランのお知らせです。停止すると、これまでのお申し込みの分も含めて、広告・宣伝のご案内には使いません。
      </p>
      <form method="post" action="/settings/news" name="news">
        !${once(view)}<input type="hidden" name="news" value="${wantsNews ? 'off' : 'on'}" />
        <button class="answer">
          ${wantsNews ? '停止する' : '受け取る'} <span lang="en">${wantsNews ? 'Stop' : 'Receive'}</span>
        </button>
      </form>
    </section>
    <p class="more"><a href="/plan">プランの変更と解約</a><a href="/close">退会する</a></p>`;
}
