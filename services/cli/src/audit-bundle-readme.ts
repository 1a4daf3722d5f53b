/** What is in a bundle and how it is checked, for a regulator. Pure. */
export function bundleReadme({ from, to }: { from: string; to: string }, lang: 'ja' | 'en'): string {
  return texts[lang].replaceAll('{from}', from).replaceAll('{to}', to);
}

const texts = {
  ja: `# 監査資料 {from} から {to} まで（日本時間）

- \`segments/\` 監査記録の区間。個人データに関する決定を一件ずつ含み、区間ごとに電子署名され、前の区間と連鎖しています。期間の途中の区間はすべて含みます。
- \`requests/\` 期間内に動きのあった本人からの請求。受付日時、期限、経過、結果、保有者ごとの受領記録を含みます。
- \`certificates/\` 期間内に発行された証明書（電子署名付き）。
- \`keys.json\` 検証用の公開鍵。新しい鍵は、それぞれ前の鍵によって署名されています。
- \`chain.json\` 期間と、最初の区間の直前および最後の区間のハッシュ値。
- \`SHA256SUMS\` 全ファイルのチェックサム。

氏名や連絡先などの個人の値は含みません。本人は鍵付きハッシュで示されます。

## 検証

    sha256sum --check SHA256SUMS
    npx keiro audit verify --bundle . --public-key 公開鍵のファイル
    npx keiro certificate verify certificates/ファイル名 --public-key 公開鍵のファイル

公開鍵は、この資料とは別の経路で受け取ったものを使ってください。

## 第三者提供の記録（個人情報保護法 29 条、30 条）

本人を特定する情報を含むため、この資料には入れていません。次のコマンドで別に書き出します。

    npx keiro provisions export --from {from} --to {to} --reference 整理番号 --out provisions.csv
`,
  en: `# Audit bundle, {from} to {to} (days in Japan)

The Japanese text prevails.

- \`segments/\` segments of the audit chain: every decision about personal data, signed segment by segment, each chained to the one before. All segments between the first and the last are here.
- \`requests/\` requests of persons on which something happened in these days: when received, when due, steps, outcome, and each holder's receipt.
- \`certificates/\` certificates that were issued, signed.
- \`keys.json\` public keys to verify with. Each later key is signed by the one before.
- \`chain.json\` the days, and the hashes of the segment before the first and of the last.
- \`SHA256SUMS\` checksums of all files.

There is no personal value in it: persons are shown as keyed hashes.

## Verifying

    sha256sum --check SHA256SUMS
    npx keiro audit verify --bundle . --public-key KEY
    npx keiro certificate verify certificates/FILE --public-key KEY

Use a public key that reached you another way than this bundle did.

## Records of provision to third parties (APPI 29, 30)

They say who they are about, so they are not in here. This writes them:

    npx keiro provisions export --from {from} --to {to} --reference CASE --out provisions.csv
`,
} as const;
