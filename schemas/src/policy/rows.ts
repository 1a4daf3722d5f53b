/**
 * Ids of what the published policy and its duties are made of, one row each, in the policy's order. Every policy file has
 * a clause for each, and every rule cites one as its source (I0).
 */
// prettier-ignore
export const rowIds = [
  'I0', 'D1', 'C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'P1', 'P2', 'P3', 'P4', 'PM',
  'T0', 'TA', 'TB', 'TC', 'TD', 'TE', 'TF', 'T1', 'T2', 'T3', 'T4', 'S1',
  'R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7', 'R8', 'R9',
  'G1', 'X1', 'X2', 'V1', 'V2', 'Q1', 'L1', 'L2', 'A1',
] as const;
export type RowId = (typeof rowIds)[number];
