import { html } from 'ghtml';
import type { Plan } from '../content.ts';
import type { Term } from '../terms.ts';
import { notice } from './layout.ts';
import { once, settingsPath, type Page, type View } from './view.ts';

/** What leaving means, before it is confirmed. `plan`: the paid plan that ends with it. */
export function closingPage(
  view: View,
  terms: readonly Term[],
  plan: Plan | undefined,
  wrong?: string,
): Page {
  const rows = terms.map(
    ({ what, until, byLaw }) =>
      html`<tr>
        <th scope="row">${what}</th>
        <td>
          ${until.length > 1 ? '種類により、' : ''}${until.join('または')}!${byLaw
            .map((law) => html`<br /><small>法令により残るもの：${law}</small>`)
            .join('')}
        </td>
      </tr>`,
  );
  return {
    title: '退会',
    body: html`<h1>退会の手続き <span lang="en">Close your account</span></h1>
      !${notice(wrong)}
      <ul class="lead">
        <li>退会すると、すぐにログインできなくなり、掲示板も使えません。取り消すことはできません。</li>
        !${plan === undefined ? '' : html`<li>${plan.name}プランは、同時に解約されます。</li>`}
        <li>
          お預かりした情報は、下の期間が過ぎると削除します。それまでは、退会前と同じ目的のほかには使いません。
        </li>
      </ul>
      <section class="sheet">
        <h2 id="kept">いつまで残るか <span lang="en">What is kept until when</span></h2>
        <table aria-labelledby="kept">
          <tbody>
            !${rows.join('')}
          </tbody>
        </table>
        <p class="small">
          すぐに削除してほしいとき、内容を確かめたいときは、窓口にお申し出ください：${view.policy.rules.contact.address?.ja ?? ''}
        </p>
      </section>
      <form class="sheet wide" method="post" action="/close" name="close">
        !${once(view)}
        <label class="check"
          ><input type="checkbox" name="understood" value="yes" required /><span
            >上の内容を確かめました <span lang="en">I have read this</span></span
          ></label
        >
        <div class="answers">
          <button class="answer">退会する <span lang="en">Close account</span></button>
          <a href="${settingsPath}">やめて設定に戻る</a>
        </div>
      </form>`,
  };
}
