export interface Post {
  readonly id: string;
  readonly topic: string;
  readonly title: string;
  readonly text: string;
}

/** What stands on the boards: the service's own announcements. */
export const posts: readonly Post[] = [
  {
    id: 'spring',
    topic: 'お知らせ',
    title: '春の新機能',
    text: '予定表に「移動時間」を入れられるようになりました。',
  },
  {
    id: 'kitchen',
    topic: '使い方',
    title: '当番表の作りかた',
    text: '掲示板のひな形から「当番表」を選ぶだけで始められます。',
  },
  {
    id: 'backup',
    topic: '安心',
    title: '予備拠点の訓練',
    text: 'シンガポールの予備拠点への切り替え訓練を、今月も無事に終えました。',
  },
];

export interface Plan {
  readonly id: string;
  readonly name: string;
  readonly text: string;
  /** Yen a month, tax included. */
  readonly price: number;
}

export const plans: readonly Plan[] = [
  { id: 'free', name: 'フリー', text: '3人まで。掲示板と予定表。', price: 0 },
  { id: 'team', name: 'チーム', text: '30人まで。既読の確認と書類の保管。', price: 2970 },
  { id: 'office', name: 'オフィス', text: '人数の制限なし。監査記録と電話サポート。', price: 14_850 },
];
