const japanese = /[\p{Script=Han}\p{Script=Katakana}\p{Script=Hiragana}]/u;

/** Whether a text has Japanese characters at all: more can't be told of it (L2). */
export const hasJapanese = (text: string): boolean => japanese.test(text);
