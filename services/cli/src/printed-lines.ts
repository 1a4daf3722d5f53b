import type { PrintedDocument } from '@keiro/runtime/printed/document';
import { align, renderTable, type Paint } from './output.ts';

/** A printed document in a terminal. Pure. */
export function printedLines({ title, blocks }: PrintedDocument, paint: Paint): string[] {
  return [
    paint('bold', title),
    ...blocks.flatMap((block) => {
      switch (block.kind) {
        case 'heading':
          return ['', paint('bold', block.text)];
        case 'paragraph':
          return [block.text];
        case 'facts':
          return align(block.facts.map(([name, value]) => [`  ${name}`, value]));
        case 'table':
          return [
            ...(block.caption === undefined ? [] : [block.caption]),
            renderTable(block.head, block.rows, paint).trimEnd(),
          ];
      }
    }),
  ];
}
