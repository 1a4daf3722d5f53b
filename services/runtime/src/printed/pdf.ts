import { createRequire } from 'node:module';
import type { PrintedBlock, PrintedDocument } from './document.ts';

/* Noto Sans JP (OFL 1.1): a file has the glyphs that it uses embedded, and no others. */
const require = createRequire(import.meta.url);
/** By path, because the library reads a file anew at each use of a registered name. */
const fonts = {
  plain: require.resolve('@expo-google-fonts/noto-sans-jp/400Regular/NotoSansJP_400Regular.ttf'),
  bold: require.resolve('@expo-google-fonts/noto-sans-jp/700Bold/NotoSansJP_700Bold.ttf'),
};
type Weight = keyof typeof fonts;

const margin = 56;
const textSize = 10;
const gap = 6;

/** A tagged A4 document, so that it can be read out as well. */
export async function renderPdf(printed: PrintedDocument): Promise<Buffer> {
  // It takes a fifth of a second to load, which most that can print never need.
  const { default: PDFDocument } = await import('pdfkit');
  const { title, lang, at } = printed;
  const pdf = new PDFDocument({
    size: 'A4',
    margin,
    lang,
    tagged: true,
    displayTitle: true,
    pdfVersion: '1.7',
    info: { Title: title, CreationDate: at, ModDate: at, Producer: 'Keiro', Creator: 'Keiro' },
    font: fonts.plain,
  });
  const chunks: Buffer[] = [];
  const ended = new Promise<void>((resolve, reject) => {
    pdf.on('data', (chunk: Buffer) => void chunks.push(chunk));
    pdf.on('end', resolve);
    pdf.on('error', reject);
  });
  const whole = pdf.struct('Document');
  pdf.addStructure(whole);
  const text = (tag: string, content: string, size: number, weight: Weight) => {
    whole.add(
      pdf.struct(tag, {}, () => {
        pdf.font(fonts[weight]).fontSize(size).text(content);
      }),
    );
    pdf.y += gap;
  };
  text('H1', title, 18, 'bold');
  for (const block of printed.blocks) draw(pdf, whole, block, text);
  whole.end();
  pdf.end();
  await ended;
  return Buffer.concat(chunks);
}

function draw(
  pdf: PDFKit.PDFDocument,
  whole: PDFKit.PDFStructureElement,
  block: PrintedBlock,
  text: (tag: string, content: string, size: number, weight: Weight) => void,
): void {
  pdf.x = margin;
  switch (block.kind) {
    case 'heading':
      pdf.y += gap;
      text('H2', block.text, 13, 'bold');
      return;
    case 'paragraph':
      text('P', block.text, textSize, 'plain');
      return;
    case 'facts':
      table(pdf, whole, [], block.facts);
      return;
    case 'table':
      if (block.caption !== undefined) text('P', block.caption, textSize, 'bold');
      table(pdf, whole, block.head, block.rows);
  }
}

function table(
  pdf: PDFKit.PDFDocument,
  whole: PDFKit.PDFStructureElement,
  head: readonly string[],
  rows: readonly (readonly string[])[],
): void {
  const cell = (textOf: string, type: 'TH' | 'TD') => ({
    text: textOf,
    type,
    font: { src: type === 'TH' ? fonts.bold : fonts.plain, size: 9 },
  });
  pdf.fontSize(9).font(fonts.plain);
  pdf.table({
    structParent: whole,
    defaultStyle: { padding: 4, border: 0.5, borderColor: '#888888' },
    ...(head.length === 0 ? { columnStyles: (column: number) => ({ width: column === 0 ? 150 : '*' }) } : {}),
    data: [
      ...(head.length === 0 ? [] : [head.map((one) => cell(one, 'TH'))]),
      ...rows.map(([first = '', ...rest]) => [cell(first, 'TH'), ...rest.map((one) => cell(one, 'TD'))]),
    ],
  } as PDFKit.Mixins.TableOptionsWithData);
  pdf.y += gap;
}
