/** A document for a person to read or print, in one language; how it looks is up to `renderHtml` and `renderPdf`. */
export interface PrintedDocument {
  readonly title: string;
  readonly lang: 'ja' | 'en';
  /** When it was made; a file made twice of the same is the same. */
  readonly at: Date;
  readonly blocks: readonly PrintedBlock[];
}

export type PrintedBlock =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'paragraph'; readonly text: string }
  /** Names and what they are. */
  | { readonly kind: 'facts'; readonly facts: readonly (readonly [name: string, value: string])[] }
  | {
      readonly kind: 'table';
      readonly caption?: string;
      readonly head: readonly string[];
      /** Each with as many cells as the head. */
      readonly rows: readonly (readonly string[])[];
    };
