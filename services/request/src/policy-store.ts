import { appendAudit, duplicatePositions, type Mongo } from '@keiro/runtime';
import type { AuditEntry, OutboxDocument, PolicyDocument } from '@keiro/schemas';

/** Versions of the policy that were published. */
export interface PolicyStore {
  /** In the order of publishing. */
  published(): Promise<PolicyDocument[]>;
  /** False where somebody else has published the one of this number. */
  publish(document: PolicyDocument, message: OutboxDocument, audit: AuditEntry): Promise<boolean>;
  /** Sends once more what Kafka has lost. */
  tellAgain(messages: readonly OutboxDocument[]): Promise<void>;
}

export function openPolicyStore(mongo: Mongo): PolicyStore {
  const policies = mongo.db.collection<PolicyDocument>('policies');
  const outbox = mongo.db.collection<OutboxDocument>('outbox');
  return {
    published: async () => (await policies.find().toArray()).sort((a, b) => a.number - b.number),
    async publish(document, message, audit) {
      try {
        await mongo.transaction(async (session) => {
          await policies.insertMany([document], { session });
          await outbox.insertOne(message, { session });
          await appendAudit(mongo.db, [audit], session);
        });
        return true;
      } catch (error) {
        duplicatePositions(error);
        return false;
      }
    },
    async tellAgain(messages) {
      if (messages.length > 0) await outbox.insertMany([...messages]);
    },
  };
}
