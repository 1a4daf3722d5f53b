import type { PrintedBlock, PrintedDocument } from './document.ts';

/**
 * One file that needs nothing else: no script, no font, no image, nothing loaded from anywhere. Headings, lists of facts
 * and tables are marked as such, for those who have it read out.
 */
export function renderHtml({ title, lang, blocks }: PrintedDocument): string {
  return [
    '<!doctype html>',
    `<html lang="${lang}">`,
    '<head>',
    '<meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    `<title>${escape(title)}</title>`,
    `<style>${style}</style>`,
    '</head>',
    '<body>',
    '<main>',
    `<h1>${escape(title)}</h1>`,
    ...blocks.map(blockHtml),
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

function blockHtml(block: PrintedBlock): string {
  switch (block.kind) {
    case 'heading':
      return `<h2>${escape(block.text)}</h2>`;
    case 'paragraph':
      return `<p>${escape(block.text)}</p>`;
    case 'facts':
      return `<dl>\n${block.facts
        .map(([name, value]) => `<div><dt>${escape(name)}</dt><dd>${escape(value)}</dd></div>`)
        .join('\n')}\n</dl>`;
    case 'table':
      return [
        '<div class="table"><table>',
        ...(block.caption === undefined ? [] : [`<caption>${escape(block.caption)}</caption>`]),
        `<thead><tr>${block.head.map((cell) => `<th scope="col">${escape(cell)}</th>`).join('')}</tr></thead>`,
        '<tbody>',
        ...block.rows.map(rowHtml),
        '</tbody>',
        '</table></div>',
      ].join('\n');
  }
}

const rowHtml = ([first = '', ...rest]: readonly string[]): string =>
  `<tr><th scope="row">${escape(first)}</th>${rest.map((cell) => `<td>${escape(cell)}</td>`).join('')}</tr>`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escape = (text: string): string => text.replaceAll(/[&<>"']/g, (one) => entities[one] ?? one);

const style = `
:root{color-scheme:light dark}
body{font:16px/1.7 system-ui,"Hiragino Sans","Noto Sans JP",sans-serif;margin:0}
main{max-width:60rem;margin:0 auto;padding:1.5rem}
h1{font-size:1.5rem;line-height:1.3}h2{font-size:1.15rem;margin-top:2rem}
dl{margin:0}dl div{display:flex;flex-wrap:wrap;gap:.25rem 1rem;padding:.25rem 0;border-bottom:1px solid #8884}
dt{flex:0 0 14rem;font-weight:600}dd{margin:0;flex:1 1 16rem;overflow-wrap:anywhere}
.table{overflow-x:auto}table{border-collapse:collapse;width:100%}
th,td{text-align:start;vertical-align:top;padding:.35rem .6rem;border:1px solid #8886;overflow-wrap:anywhere}
thead th{background:#8882}caption{text-align:start;font-weight:600;padding:.5rem 0}
@media print{main{max-width:none;padding:0}}
`;
