import type { Check } from './checks.ts';
import type { Pipeline } from './clients.ts';
import type { Desk } from './desk.ts';
import type { Ledger } from './ledger.ts';
import type { Inspector } from './look.ts';
import type { Reporter } from './report.ts';
import type { Stage } from './stage.ts';

/** What every scene has at hand. */
export interface Scene {
  readonly stage: Stage;
  readonly pipeline: Pipeline;
  readonly desk: Desk;
  readonly ledger: Ledger;
  readonly inspector: Inspector;
  readonly reporter: Reporter;
  /** Notes a check and answers whether it held. */
  readonly check: (check: Check) => boolean;
  readonly now: () => Date;
}
