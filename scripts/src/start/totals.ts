import { agrees, totalOf } from './ledger.ts';
import type { Scene } from './scene.ts';

/** Nothing was lost and nothing was made up: what was sent is recorded or in quarantine, counted from both sides. */
export async function showTotals({ reporter, ledger, check }: Scene): Promise<void> {
  const balance = await reporter.step('Totals', async (say) => {
    say('counting on both sides');
    await ledger.captureAccessLog();
    const result = await ledger.settle();
    const text = `${String(totalOf(result))} events sent, ${String(result.recorded + result.quarantined)} accounted for`;
    return { result, text, ok: agrees(result) };
  });
  const { emitted, inKafka, recorded, quarantined } = balance;
  check({
    ja: '送信数 = 記録 + 隔離',
    en: 'sent = recorded + quarantined',
    ok: agrees(balance) && recorded > 0,
    seen: `${String(totalOf(balance))} = ${String(recorded)} + ${String(quarantined)}  (site ${String(emitted.site)}, access log ${String(emitted.accessLog)}, posted ${String(emitted.posted)}; Kafka ${String(inKafka)})`,
  });
}
