import { variantsOf, type Example } from './example.ts';

const { valid, invalid } = variantsOf('profile', { member: 'm-1002' }, { displayName: '佐藤 一郎' });

export const profileExamples: readonly Example[] = [
  valid('minimal', {}),
  valid('full', {
    subject: { member: 'm-1002', email: 'ichiro@mail.example' },
    displayName: '佐藤 一郎（いちろう）',
    email: 'ichiro@mail.example',
    phone: '+81 90-8765-4321',
    company: '例示商事株式会社',
    department: '開発部',
    position: '課長',
    birthday: '1984-02-29',
    address: '〒000-0000\n架空県見本市一丁目2番3号\nサンプルビル4階',
  }),
  valid('cleared', { displayName: undefined }),
  invalid('card-number', 'data.position', 'card_number', { position: '3782-822463-10005' }),
  invalid('impossible-birthday', 'data.birthday', 'format', { birthday: '1985-02-29' }),
  invalid('empty-address', 'data.address', 'length', { address: '' }),
  invalid('bad-email', 'data.email', 'format', { email: '@mail.example' }),
  invalid('number-as-phone', 'data.phone', 'type', { phone: 9087654321 }),
  invalid('field-of-another-type', 'data.cardToken', 'unknown_field', { cardToken: 'tok_1' }),
  invalid('nested-group', 'data.profile', 'unknown_field', { profile: { position: '課長' } }),
  invalid('foreign-site', 'data.site', 'foreign_site', { site: 'partner.example' }),
];
