/** What a visitor types into a form; `true` ticks a box. */
export type FormValues = Readonly<Record<string, string | true>>;

/** One session of one visitor: a browser with cookies of its own. */
export interface Session {
  visit(path: string): Promise<void>;
  /** Fills in the form of this name on the page that is open, sends it, and follows to the page that answers. */
  submit(form: string, values?: FormValues): Promise<void>;
  /** An attribute of the one element that has it. */
  attribute(name: string): Promise<string>;
  /** Text of the page's heading. */
  heading(): Promise<string>;
  close(): Promise<void>;
}

export interface SessionOptions {
  readonly address: string;
  readonly kind: 'desktop' | 'phone';
}

export interface Browser {
  /** How the visitors come, in words. */
  readonly name: string;
  open(options: SessionOptions): Promise<Session>;
  close(): Promise<void>;
}

export const userAgents = {
  desktop:
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  phone:
    'Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1',
} as const;
