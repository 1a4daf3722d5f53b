import type { PrintedBlock, PrintedDocument } from '../printed/document.ts';
import { supersedingLabels, type Certificate, type CertificateReceipt, type Labels } from '@keiro/schemas';
import {
  certificateWords as words,
  groundWord,
  outcomeWord,
  receiptOutcomeWord,
  typeWord,
} from './certificate-words.ts';

/** A certificate as the person reads it. Instants are in Tokyo (L1). Pure. */
export function printedCertificate({ content, receipts }: Certificate, lang: 'ja' | 'en'): PrintedDocument {
  const say = (labels: Labels) => labels[lang];
  const { outcome, snapshots, purposes } = content;
  const named = purposes.map((one) => (one === 'all' ? say(words.allPurposes) : one));
  const late = content.inTime ? '' : ` ${say(words.late)}`;
  return {
    title: say(words.title),
    lang,
    at: new Date(content.issuedAt),
    blocks: [
      { kind: 'paragraph', text: say(outcomeWord(outcome)) },
      ...(content.closes === undefined
        ? []
        : [{ kind: 'paragraph' as const, text: `${say(words.closes)}: ${content.closes}` }]),
      ...supersededBlocks(content, say),
      { kind: 'heading', text: say(words.request) },
      {
        kind: 'facts',
        facts: [
          [say(words.id), content.id],
          [say(words.requestId), content.request],
          [say(words.type), say(typeWord(content.type))],
          [say(words.ground), say(groundWord(content.ground))],
          ...(purposes.length === 0 ? [] : [[say(words.purposes), named.join(', ')] as const]),
          [say(words.receivedAt), tokyo(content.receivedAt)],
          [say(words.dueAt), tokyo(content.dueAt)],
          [say(words.doneAt), `${tokyo(content.doneAt)}${late}`],
          [say(words.issuedAt), tokyo(content.issuedAt)],
          [say(words.identifiers), String(content.identifiers)],
          ...(content.shared === 0 ? [] : [[say(words.shared), String(content.shared)] as const]),
          ...(content.keyBackupsUntil === undefined
            ? []
            : [[say(words.keyBackups), tokyo(content.keyBackupsUntil)] as const]),
        ],
      },
      { kind: 'heading', text: say(words.holders) },
      receipts.length === 0
        ? { kind: 'paragraph', text: say(words.noHolder) }
        : holdersTable(receipts, lang, say),
      ...(content.kept === undefined ? [] : keptBlocks(content.kept, say)),
      ...(snapshots.length === 0 ? [] : snapshotBlocks(content, say)),
      { kind: 'heading', text: say(words.verify) },
      { kind: 'paragraph', text: say(words.verifyText) },
      { kind: 'paragraph', text: `npx keiro certificate verify ${content.id}.json --public-key keys.json` },
      {
        kind: 'facts',
        facts: [
          [say(words.segment), `${String(content.sealedIn.segment)}  ${content.sealedIn.hash}`],
          [say(words.receiptsRoot), content.receipts.root],
        ],
      },
      { kind: 'paragraph', text: say(words.prevails) },
    ],
  };
}

type Say = (labels: Labels) => string;

/** What it takes the place of, and why. */
function supersededBlocks({ supersedes }: Certificate['content'], say: Say): PrintedBlock[] {
  if (supersedes === undefined) return [];
  const { id, digest, because } = supersedes;
  return [
    {
      kind: 'paragraph',
      text: `${say(words.supersedes)}: ${id} (${say(words.digest)}: ${digest}). ${say(supersedingLabels[because])}`,
    },
  ];
}

function holdersTable(receipts: readonly CertificateReceipt[], lang: 'ja' | 'en', say: Say): PrintedBlock {
  return {
    kind: 'table',
    head: [words.holder, words.result, words.affected, words.sweptAt, words.proof].map(say),
    rows: receipts.map(({ receipt }) => [
      receipt.country === '' ? receipt.name[lang] : `${receipt.name[lang]} (${receipt.country})`,
      say(receiptOutcomeWord(receipt.outcome)),
      affectedText(receipt, say),
      tokyo(receipt.sweptAt ?? receipt.doneAt),
      proofText(receipt, say),
    ]),
  };
}

function affectedText({ affected, unanswered }: CertificateReceipt['receipt'], say: Say): string {
  const known = unanswered === undefined ? '' : ` (${say(words.unanswered)} ${String(unanswered)})`;
  return `${String(affected)}${known}`;
}

function proofText({ probe, told, unsupported }: CertificateReceipt['receipt'], say: Say): string {
  if (probe !== undefined) return `${say(words.probe)} (${tokyo(probe.at)})`;
  if (told !== undefined) return `${say(words.toldUpTo)} ${tokyo(told.at)}`;
  return unsupported ?? '';
}

function keptBlocks(kept: NonNullable<Certificate['content']['kept']>, say: Say): PrintedBlock[] {
  return [
    { kind: 'heading', text: say(words.kept) },
    { kind: 'paragraph', text: say(words.keptText) },
    {
      kind: 'table',
      head: [words.keptWhat, words.keptWhy, words.until, words.keptWhere].map(say),
      rows: kept.map(({ label, why, law, until, holders }) => [
        say(label),
        `${say(why)} (${law})`,
        until === undefined ? say(words.open) : tokyo(until),
        holders.join(', '),
      ]),
    },
  ];
}

function snapshotBlocks({ snapshots }: Certificate['content'], say: Say): PrintedBlock[] {
  return [
    { kind: 'heading', text: say(words.snapshots) },
    { kind: 'paragraph', text: say(words.snapshotsText) },
    {
      kind: 'table',
      head: [words.site, words.store, words.takenAt, words.until].map(say),
      rows: snapshots.map(({ holder, store, takenAt, until }) => [
        holder,
        store,
        tokyo(takenAt),
        until === undefined ? say(words.unknown) : tokyo(until),
      ]),
    },
  ];
}

const format = new Intl.DateTimeFormat('sv-SE', {
  timeZone: 'Asia/Tokyo',
  dateStyle: 'short',
  timeStyle: 'medium',
});
const tokyo = (instant: string): string => `${format.format(new Date(instant))} JST`;
