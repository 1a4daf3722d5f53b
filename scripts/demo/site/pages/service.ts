import { html } from 'ghtml';
import type { Plan, Post } from '../content.ts';
import { field, notice } from './layout.ts';
import { once, type Page, type View } from './view.ts';

export function topPage(view: View): Page {
  const { member } = view.session;
  return {
    title: 'チームの掲示板',
    body: html`<section class="hero">
        <h1>チームの「いま」が、<br />ひとつの掲示板に。</h1>
        <p class="lead">
          予定、連絡、決まったこと。つばめボードは、小さな会社のためのグループウェアです。3人までは無料で使えます。
        </p>
        <a class="button" href="${member === undefined ? '/signup' : '/board'}"
          >${member === undefined ? '無料ではじめる' : '掲示板をひらく'}</a
        >
      </section>
      <section class="cards">
        <div class="card">
          <h2>掲示板</h2>
          <p>話題ごとに分かれた連絡。読んだ人がすぐ分かります。</p>
        </div>
        <div class="card">
          <h2>予定表</h2>
          <p>全員の予定を一枚に。会議の空き時間も見つかります。</p>
        </div>
        <div class="card">
          <h2>海外の予備拠点</h2>
          <p>データはシンガポールの予備拠点にも複製され、災害時も止まりません。</p>
        </div>
      </section>`,
  };
}

export function boardPage(view: View, posts: readonly Post[]): Page {
  const asCards = view.session.view === 'card';
  const items = posts.map(
    (post) =>
      html`<article class="card">
        <h2>${post.title}</h2>
        <p>${post.text}</p>
        <p class="meta">${post.topic}</p>
        <form method="post" action="/board/read" name="read-${post.id}">
          !${once(view)}<input type="hidden" name="post" value="${post.id}" /><button class="small">
            読みました
          </button>
        </form>
      </article>`,
  );
  return {
    title: '掲示板',
    body: html`<h1>掲示板</h1>
      <form method="post" action="/board/view" name="view">
        !${once(view)}<input type="hidden" name="view" value="${asCards ? 'list' : 'card'}" /><button
          class="small"
        >
          ${asCards ? '一覧で見る' : 'カードで見る'}
        </button>
      </form>
      <p></p>
      <section class="${asCards ? 'cards' : 'list'}">!${items.join('')}</section>`,
  };
}

export function planPage(view: View, plans: readonly Plan[], said?: string): Page {
  const current = view.session.member?.plan;
  const cards = plans.map(
    (plan) =>
      html`<div class="card">
        <h2>${plan.name}</h2>
        <p>${plan.text}</p>
        <p class="price">${plan.price.toLocaleString('ja-JP')} 円<small>／月</small></p>
        !${
          plan.id === current
            ? html`<p>ご利用中のプランです</p>
                !${plan.price > 0 ? cancelForm(view) : ''}`
            : plan.price > 0
              ? html`<a class="button" href="/checkout/${plan.id}">このプランにする</a>`
              : ''
        }
      </div>`,
  );
  return {
    title: 'プラン',
    body: html`<h1>プラン</h1>
      !${notice(said, 'well')}
      <section class="cards">!${cards.join('')}</section>`,
  };
}

/** What is kept for the payment alone ends with the plan; the books stay as the law wants it. */
function cancelForm(view: View): string {
  return html`<form method="post" action="/plan/cancel" name="cancel-plan">
    !${once(view)}<button class="small">解約してフリーに戻る</button>
    <p class="meta">
      解約すると、ご請求先とカードの識別情報は利用を終えます。請求の記録は法令の期間だけ残ります。
    </p>
  </form>`;
}

/** The card is a token that the payment agency's part of the page made: there is no field for a number. */
export function checkoutPage(view: View, plan: Plan, cardToken: string): Page {
  return {
    title: 'お支払い',
    body: html`<h1>${plan.name}プランのお支払い</h1>
      <p class="lead"><span class="price">${plan.price.toLocaleString('ja-JP')} 円</span>／月（税込）</p>
      <form class="sheet" method="post" action="/checkout/${plan.id}" name="checkout">
        !${once(view)}<input type="hidden" name="cardToken" value="${cardToken}" />
        <p class="notice">
          カードは決済代行会社の画面で登録済みです。当社にはカード番号ではなく、次のトークンだけが届きます。<br />
          <span class="token">${cardToken}</span>
        </p>
        !${field('billingAddress', 'ご請求先の住所')}
        <button>支払う</button>
      </form>`,
  };
}
