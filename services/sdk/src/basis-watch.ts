import type { Log } from '@keiro/runtime';
import type { Life } from '@keiro/schemas';
import type { HoldersFollower } from './holders-follower.ts';
import type { KeysClient } from './keys-client.ts';

/**
 * Knows whether a holder's basis stands, and notices when one that had lapsed stands again: by a change of the
 * register, by a date, or by a new policy. It is `keys` that decides, so it is asked until it releases once more.
 */
export interface BasisWatch {
  stands(): boolean;
  /** Something was withheld because the basis had lapsed; called when it is safely kept. */
  withheldFor(life: Life): void;
  close(): void;
}

const askEveryMs = 2000;

export function watchBasis(options: {
  holders: Pick<HoldersFollower, 'verdict'>;
  keys: Pick<KeysClient, 'release'>;
  holder: string;
  purpose: string;
  log: Log;
  onMended: () => void;
}): BasisWatch {
  const { holders, keys, holder, purpose, log } = options;
  let waiting: Life | undefined;
  let asking = false;
  let timer: NodeJS.Timeout | undefined;

  const stands = () => holders.verdict(holder, purpose).allowed;

  async function ask(life: Life): Promise<void> {
    const { results } = await keys.release({ holder, purpose, groups: [], lives: [life] });
    const [answer] = results;
    if (answer === undefined || (answer.state === 'refused' && answer.reason === 'lapsed')) return;
    stop();
    log.info({ holder, purpose }, 'the basis stands again: what was withheld is read');
    options.onMended();
  }

  function look(): void {
    if (asking || waiting === undefined || !stands()) return;
    asking = true;
    ask(waiting)
      .catch((error: unknown) => {
        log.debug({ err: error }, 'could not ask whether the basis stands again');
      })
      .finally(() => {
        asking = false;
      });
  }

  function stop(): void {
    clearInterval(timer);
    timer = undefined;
    waiting = undefined;
  }

  return {
    stands,
    withheldFor(life) {
      if (timer === undefined) {
        const verdict = holders.verdict(holder, purpose);
        log.warn(
          { holder, purpose, reason: verdict.allowed ? 'lapsed' : verdict.reason },
          'nothing is released to this holder: its basis has lapsed, events are withheld',
        );
        timer = setInterval(look, askEveryMs);
      }
      waiting = life;
    },
    close: stop,
  };
}
