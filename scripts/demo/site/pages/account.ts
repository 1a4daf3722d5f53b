import { html } from 'ghtml';
import { field, newsBox, notice } from './layout.ts';
import { once, settingsPath, type Page, type View } from './view.ts';

/** What a form was filled in with, to be shown again after a mistake. */
export type Filled = Readonly<Record<string, string | undefined>>;

export function signUpPage(view: View, filled: Filled = {}, wrong?: string): Page {
  return {
    title: '会員登録',
    body: html`<h1>会員登録</h1>
      <p class="lead">チームの予定と連絡を、ひとつの掲示板に。登録は1分で終わります。</p>
      !${notice(wrong)}
      <form class="sheet" method="post" action="/signup" name="signup">
        !${once(view)}
        !${field('name', 'お名前', { required: true, value: filled['name'], autocomplete: 'name' })}
        !${field('nameKana', 'ふりがな', { value: filled['nameKana'] })}
        !${field('email', 'メールアドレス', {
          type: 'email',
          required: true,
          value: filled['email'],
          autocomplete: 'email',
        })}
        !${field('phone', '電話番号', { type: 'tel', value: filled['phone'], autocomplete: 'tel' })}
        !${field('company', '会社名', { value: filled['company'], autocomplete: 'organization' })}
        !${field('department', '部署', { value: filled['department'] })}
        !${field('password', 'パスワード', {
          type: 'password',
          required: true,
          hint: '10文字以上',
          autocomplete: 'new-password',
        })}
        !${newsBox()}
        <p class="notice" data-notice="${view.policy.version}">
          入力された情報は、会員登録・本人確認・不正利用の防止と、サービスのお知らせやお問い合わせへの回答に利用します。
          利用目的の全文はプライバシーポリシー（${view.policy.version} 版）をご覧ください。
        </p>
        <button>登録する</button>
      </form>`,
  };
}

export function logInPage(view: View, filled: Filled = {}, wrong?: string): Page {
  return {
    title: 'ログイン',
    body: html`<h1>ログイン</h1>
      !${notice(wrong)}
      <form class="sheet" method="post" action="/login" name="login">
        !${once(view)}
        !${field('email', 'メールアドレス', {
          type: 'email',
          required: true,
          value: filled['email'],
          autocomplete: 'email',
        })}
        !${field('password', 'パスワード', {
          type: 'password',
          required: true,
          autocomplete: 'current-password',
        })}
        <button>ログイン</button>
      </form>`,
  };
}

export function profilePage(view: View, said?: string): Page {
  const { member } = view.session;
  return {
    title: 'プロフィール',
    body: html`<h1>プロフィール</h1>
      <p class="lead">
        会員番号 <span class="token" data-member="${member?.id ?? ''}">${member?.id ?? ''}</span>
      </p>
      !${notice(said, 'well')}
      <form class="sheet" method="post" action="/profile" name="profile">
        !${once(view)} !${field('name', '表示名', { required: true, value: member?.name })}
        !${field('phone', '電話番号', { type: 'tel', value: member?.phone })}
        !${field('company', '会社名', { value: member?.company })}
        !${field('department', '部署', { value: member?.department })}
        !${field('position', '役職', { value: member?.position })}
        <button>保存する</button>
      </form>
      <p class="more">
        <a href="${settingsPath}">クッキーとお知らせメールの設定</a><a href="/close">退会する</a>
      </p>`,
  };
}
