import { z } from 'zod';

const pattern = z.string().min(1).max(500).refine(isPattern, 'is not a regular expression');

/** One parameter that the tag may send, and all that its value may look like. */
const declaredParameterSchema = z.strictObject({
  name: z.string().regex(/^[A-Za-z0-9_.]{1,64}$/),
  /** Regular expression that the whole value matches. */
  pattern,
});

/** G1: all that the browser's own tag may send. What is not here is refused. */
export const declaredTagSchema = z.strictObject({
  parameters: z.array(declaredParameterSchema).min(1).max(100),
});
export type DeclaredTag = z.infer<typeof declaredTagSchema>;

function isPattern(source: string): boolean {
  try {
    return new RegExp(source, 'u').source !== '';
  } catch {
    return false;
  }
}
