import { z } from 'zod';
import { copyReportSchema, snapshotReportSchema } from './custody.ts';

/** Reports in one call, at most. */
export const reportsBatch = 500;

/** Copies that a holder without Kafka holds, or has removed. */
export const reportCopiesSchema = z.strictObject({
  reports: z.array(copyReportSchema).min(1).max(reportsBatch),
});

/** T3: snapshots that a recovery site without Kafka has taken. */
export const reportSnapshotsSchema = z.strictObject({
  reports: z.array(snapshotReportSchema).min(1).max(reportsBatch),
});

/** `known`: reports that had been made before, or twice in this call. */
export const reportedAnswerSchema = z.strictObject({ taken: z.int().min(0), known: z.int().min(0) });
