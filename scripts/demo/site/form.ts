import { z } from 'zod';
import type { Session } from './members.ts';
import { FormError } from './submit.ts';

const labels: Readonly<Record<string, string>> = {
  name: 'お名前',
  email: 'メールアドレス',
  password: 'パスワード（10文字以上）',
  body: 'お問い合わせ内容',
  understood: '確認のチェック',
};
const filledSchema = z.record(z.string(), z.string());

/** Reads a form or says which fields need another look. */
export function readForm<T extends z.ZodType>(schema: T, body: unknown): z.infer<T> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const names = new Set(parsed.error.issues.map(({ path }) => labels[String(path[0])] ?? String(path[0])));
  throw new FormError(`次の項目をご確認ください：${[...names].join('、')}`);
}

/** The token that the form carries. */
export const tokenOf = (body: unknown) => (body as Record<string, unknown> | undefined)?.['once'];

/** What was typed in, to be shown again. */
export function filledIn(body: unknown): Record<string, string> {
  const filled = filledSchema.safeParse(body);
  return filled.success ? filled.data : {};
}

/** What is to be said about a mistake, in the visitor's words; any other error goes on up. */
export function wordsOf(error: unknown): string {
  if (error instanceof FormError) return error.message;
  throw error;
}

/** What is said once, on the next page. */
export function takeFlash(session: Session): string | undefined {
  const { flash } = session;
  delete session.flash;
  return flash;
}
