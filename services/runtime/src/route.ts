import type { z } from 'zod';
import type { Client, Right } from './clients.ts';

export interface Route<B extends z.ZodType = z.ZodType, R extends z.ZodType = z.ZodType> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly summary: string;
  /** What the caller must be allowed. */
  readonly right: Right;
  readonly body?: B;
  /** Bytes of the body, at most; absent: as the service has it. */
  readonly bodyLimit?: number;
  /** The answer when all is well, with its status (200 unless said). */
  readonly answer: R;
  readonly status?: number;
  /** Content type of an answer that is no JSON: a text or bytes. */
  readonly type?: string;
  readonly handle: (call: Call<z.infer<B>>) => Promise<z.infer<R>>;
}

export interface Call<B> {
  readonly body: B;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly client: Client;
}

/** Lets each route keep the types of its own body and answer. */
export function route<B extends z.ZodType, R extends z.ZodType>(spec: Route<B, R>): Route {
  return spec;
}

/**
 * A route for strangers that prove by a signature over the bytes who they are: nothing of the body is read before
 * its handler says so, and nobody's token opens it.
 */
export interface SignedRoute {
  readonly path: string;
  readonly summary: string;
  /** Bytes of the body, at most. */
  readonly bodyLimit: number;
  /** Statuses that it answers with, and what each says. */
  readonly answers: Readonly<Record<number, string>>;
  readonly handle: (call: SignedCall) => Promise<number>;
}

export interface SignedCall {
  readonly params: Readonly<Record<string, string>>;
  readonly header: (name: string) => string | undefined;
  readonly bytes: Buffer;
}
