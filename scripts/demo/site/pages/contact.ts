import { html } from 'ghtml';
import { field, newsBox, notice } from './layout.ts';
import { once, type Page, type View } from './view.ts';

export function campaignPage(view: View, wrong?: string): Page {
  const { member } = view.session;
  return {
    title: 'キャンペーン',
    body: html`<h1>春のチーム応援キャンペーン</h1>
      <p class="lead">アンケートに答えた方の中から、抽選で50名様に焼き菓子の詰め合わせをお送りします。</p>
      !${notice(wrong)}
      <form class="sheet" method="post" action="/campaign" name="campaign">
        !${once(view)} !${field('name', 'お名前', { required: true, value: member?.name })}
        !${field('email', 'メールアドレス', { type: 'email', required: true, value: member?.email })}
        !${field('address', 'お届け先の住所')}
        <label
          >つばめボードをどんなときに使いますか？<small>任意</small>
          <textarea name="answer" rows="3" maxlength="1000"></textarea>
        </label>
        !${newsBox()}
        <button>応募する</button>
      </form>`,
  };
}

export function inquiryPage(view: View, wrong?: string): Page {
  const { member } = view.session;
  return {
    title: 'お問い合わせ',
    body: html`<h1>お問い合わせ</h1>
      <p class="lead">2営業日以内にメールでお答えします。</p>
      !${notice(wrong)}
      <form class="sheet" method="post" action="/inquiry" name="inquiry">
        !${once(view)} !${field('name', 'お名前', { value: member?.name })}
        !${field('email', 'メールアドレス', { type: 'email', required: true, value: member?.email })}
        !${field('subjectLine', '件名')}
        <label
          >お問い合わせ内容<small>必須</small>
          <textarea name="body" rows="6" required maxlength="5000"></textarea>
        </label>
        <button>送信する</button>
      </form>`,
  };
}
