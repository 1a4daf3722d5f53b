import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { findChromium } from '@keiro/cli/chromium';
import { createLog, until } from '@keiro/runtime';
import { connectPipeline } from '@keiro/scripts/start/clients';
import { createReporter } from '@keiro/scripts/start/report';
import { missingCopies } from '@keiro/scripts/start/route';
import { joinStage, type Stage } from '@keiro/scripts/start/stage';
import { tellStory } from '@keiro/scripts/start/story';
import { openBrowser } from '@keiro/scripts/start/visitors/browser';
import { createCast } from '@keiro/scripts/start/visitors/people';
import { visitAll } from '@keiro/scripts/start/visitors/visits';
import { env } from '../builders/environment.ts';
import { keiro } from '../builders/program.ts';

const log = createLog('test-demo', 'error');
const path = env('PATH');
const told: string[] = [];
const reporter = createReporter({ write: (text) => told.push(text) });
let stage: Stage;

beforeAll(async () => {
  const folder = join(env('KEIRO_STACK_DIR'), env('KEIRO_STACK'));
  const settings = Object.entries(process.env).filter((one): one is [string, string] => one[1] !== undefined);
  stage = await joinStage(Object.fromEntries(settings), {
    run: join(folder, 'run'),
    logs: join(folder, 'logs'),
  });
}, 120_000);
afterAll(() => stage.stop());

/** What a program that ended in the middle would leave hanging is told at once instead. */
const unlessBroken = <T>(work: Promise<T>): Promise<T> => Promise.race([work, stage.broken]);

describe('the main job', () => {
  it('holds every check, with visitors in Chromium where there is one', async () => {
    const browser = await openBrowser(env('DEMO_SITE_URL'), { plainHttp: false, path });
    try {
      const checks = await unlessBroken(tellStory(stage, browser, reporter, log));
      expect(checks.filter(({ ok }) => !ok)).toEqual([]);
      expect(checks).toHaveLength(16);
      expect(browser.name).toMatch(findChromium(path) === undefined ? /plain HTTP/ : /Chromium/);
    } finally {
      await browser.close();
    }
  }, 400_000);

  it('shows the route from the offset to the copy in Singapore, and each holder’s receipt', () => {
    const text = told.join('');
    expect(text).toMatch(/collection\.payment \d@\d+ → billing JP · dr-singapore SG \(snapshot of billing\)/);
    // Two browsers of hers; in plain HTTP as well, because a deletion asks by the cookie, whatever was sent.
    expect(text).toMatch(/Web analytics \(Google Analytics\) \(US\) +done +2 +told, no control/);
    for (const holder of ['Billing (JP)', 'Mail delivery company (JP)', 'recovery site, Singapore (SG)']) {
      expect(text).toMatch(new RegExp(`${holder.replaceAll(/[()]/g, '\\$&')} +done +\\d+ +0 found`));
    }
  });

  it('works without a browser too, and the command line shows the person', async () => {
    const pipeline = connectPipeline(stage.env);
    const browser = await openBrowser(env('DEMO_SITE_URL'), { plainHttp: true, path });
    const { mizuki } = await unlessBroken(visitAll(browser, createCast(randomBytes), () => undefined));
    await unlessBroken(
      until(async () => missingCopies(await pipeline.lineage(mizuki.member), false).length === 0, {
        what: 'all copies of her records',
        timeoutMs: 60_000,
      }),
    );
    const { records } = await pipeline.lineage(mizuki.member);
    expect(new Set(records.map(({ category }) => category))).toEqual(
      new Set(['C1', 'C2', 'C3', 'C5', 'C6', 'C7']),
    );

    const run = keiro(['lineage', '--member', mizuki.member, '--lang', 'en']);
    expect(await run.code).toBe(0);
    expect(run.output()).toMatch(/Mail delivery company\s+processor, JP\s+held/);
  }, 180_000);
});
