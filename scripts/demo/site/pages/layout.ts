import { html } from 'ghtml';
import { tagElement } from '../tag.ts';
import { banner } from './banner.ts';
import { once, settingsPath, type Page, type View } from './view.ts';

const swallow =
  '<svg width="30" height="22" viewBox="0 0 30 22" aria-hidden="true"><path fill="#0b6e75" d="M1 3c7 0 11 3 14 8 2-4 6-7 14-9-3 4-5 8-9 11 1 2 2 4 2 7-3-2-5-4-7-6-3 2-6 3-10 3 3-2 5-4 6-6C8 7 5 5 1 3z"/></svg>';

export function layout(view: View, page: Page): string {
  const { member } = view.session;
  return html`<!doctype html>
    <html lang="ja">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${page.title} | つばめボード</title>
        <link rel="stylesheet" href="/style.css" />
        <link rel="icon" href="data:," />
        !${view.analytics === undefined ? '' : tagElement(view.analytics)}
      </head>
      <body>
        !${view.asks && view.path !== settingsPath ? banner(view) : ''}
        <header class="site">
          <div>
            <a class="brand" href="/">!${swallow}つばめボード<small>Tsubame Board</small></a>
            <nav>
              <a href="/board">掲示板</a>
              <a href="/campaign">キャンペーン</a>
              <a href="/inquiry">お問い合わせ</a>
              !${member === undefined ? forGuests : forMembers(view)}
            </nav>
          </div>
        </header>
        <main>!${page.body}</main>
        <footer class="site">
          <div>
            <p>
              <a href="${settingsPath}">クッキーとお知らせの設定 <span lang="en">Cookie settings</span></a>
            </p>
            <p>
              つばめボードは Keiro のデモのための架空のサービスです。 プライバシーポリシー
              ${view.policy.version} 版
            </p>
          </div>
        </footer>
      </body>
    </html>`;
}

const forGuests = '<a href="/login">ログイン</a><a class="button" href="/signup">無料ではじめる</a>';

function forMembers(view: View): string {
  return html`<a href="/profile">${view.session.member?.name ?? ''} さん</a>
    <a href="/plan">プラン</a>
    <form method="post" action="/logout" name="logout">
      !${once(view)}<button class="quiet">ログアウト</button>
    </form>`;
}

export interface FieldOptions {
  readonly type?: 'text' | 'email' | 'tel' | 'password';
  readonly value?: string | undefined;
  readonly required?: boolean;
  readonly hint?: string;
  readonly autocomplete?: string;
}

/** One labelled line of a form. */
export function field(name: string, label: string, options: FieldOptions = {}): string {
  const required = options.required === true;
  return html`<label
    >${label}<small>${options.hint ?? (required ? '必須' : '任意')}</small>
    <input
      name="${name}"
      type="${options.type ?? 'text'}"
      value="${options.value ?? ''}"
      autocomplete="${options.autocomplete ?? 'off'}"
      maxlength="200"
      !${required ? 'required' : ''}
    />
  </label>`;
}

/** Marketing only where it is ticked (PM). */
export function newsBox(): string {
  return html`<label class="check"
    ><input type="checkbox" name="optIn" value="yes" /><span
      >新機能やお得なプランのお知らせメールを受け取る（いつでも停止できます）</span
    ></label
  >`;
}

/** What went wrong or well with the last form. */
export function notice(text: string | undefined, kind: 'wrong' | 'well' = 'wrong'): string {
  return text === undefined ? '' : html`<p class="notice ${kind}" role="status">${text}</p>`;
}

/** A page with one message and a way on. */
export function message(title: string, text: string, onward: { href: string; label: string }): Page {
  return {
    title,
    body: html`<h1>${title}</h1>
      <p class="lead">${text}</p>
      <p><a class="button" href="${onward.href}">${onward.label}</a></p>`,
  };
}
