import type { Block, Finding } from '@keiro/schemas';
import { renderTable, type Paint } from './output.ts';

/** A text for a terminal: headings, lists, and tables whose cells stand under each other. */
export function renderBlocks(blocks: readonly Block[], paint: Paint): string {
  return blocks.map((block) => `${renderBlock(block, paint)}\n`).join('\n');
}

function renderBlock(block: Block, paint: Paint): string {
  switch (block.kind) {
    case 'title':
      return paint('bold', `# ${block.text}`);
    case 'heading':
      return paint('bold', `## ${block.text}`);
    case 'paragraph':
      return block.text;
    case 'list':
      return block.items.map((item) => `- ${item}`).join('\n');
    case 'table':
      return renderTable(block.header, block.rows, paint).trimEnd();
  }
}

/** Place and code on one line, then what is said, Japanese first. */
export function renderFinding(finding: Finding, paint: Paint): string {
  const { place, severity, code, clause, at, message } = finding;
  const colour = severity === 'error' ? 'red' : 'yellow';
  return `${place}  ${paint(colour, `${severity} ${code}`)}  ${clause}  ${at}\n    ${message.ja}\n    ${message.en}`;
}
