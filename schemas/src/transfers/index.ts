export { authorise, registeredTransfer, type TransferPerson } from './authorise.ts';
export { lapseKinds, lapses, lapseStates, uncarried, type Lapse } from './lapses.ts';
export { carryingConsent } from './consent.ts';
export type { RecordItem, RecordWanted } from './provision.ts';
export { transferRefusals, type TransferRefusal } from './refusals.ts';
export { evidenceSchema, transferSchema, type Evidence, type Transfer } from './transfer.ts';
export type { TransferVerdict } from './verdict.ts';
