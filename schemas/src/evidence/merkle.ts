import { createHash } from 'node:crypto';

/**
 * Merkle trees as RFC 6962, section 2.1, has them: leaves and nodes are hashed apart (0x00 and 0x01 before them), so
 * that no node can pass for a leaf. Hashes are SHA-256 in base64url. Pure.
 */
export const leafHash = (content: string): string =>
  createHash('sha256').update(Buffer.of(0)).update(content, 'utf8').digest('base64url');

const nodeHash = (left: string, right: string): string =>
  createHash('sha256')
    .update(Buffer.of(1))
    .update(left, 'base64url')
    .update(right, 'base64url')
    .digest('base64url');

/** The root over hashes of leaves; that of no leaf is the hash of nothing. */
export function rootOf(leaves: readonly string[]): string {
  const [only] = leaves;
  if (only === undefined) return createHash('sha256').digest('base64url');
  if (leaves.length === 1) return only;
  const half = splitOf(leaves.length);
  return nodeHash(rootOf(leaves.slice(0, half)), rootOf(leaves.slice(half)));
}

/** The audit path of one leaf, from its sibling upwards. */
export function proofOf(leaves: readonly string[], index: number): string[] {
  if (leaves.length <= 1) return [];
  const half = splitOf(leaves.length);
  return index < half
    ? [...proofOf(leaves.slice(0, half), index), rootOf(leaves.slice(half))]
    : [...proofOf(leaves.slice(half), index - half), rootOf(leaves.slice(0, half))];
}

/** The root to which a leaf leads by its path; undefined where a tree of that size has no such path. */
export function rootBy(
  leaf: string,
  index: number,
  size: number,
  proof: readonly string[],
): string | undefined {
  if (size <= 1) return size === 1 && index === 0 && proof.length === 0 ? leaf : undefined;
  const sibling = proof.at(-1);
  if (sibling === undefined || index < 0 || index >= size) return undefined;
  const half = splitOf(size);
  const rest = proof.slice(0, -1);
  if (index < half) {
    const left = rootBy(leaf, index, half, rest);
    return left === undefined ? undefined : nodeHash(left, sibling);
  }
  const right = rootBy(leaf, index - half, size - half, rest);
  return right === undefined ? undefined : nodeHash(sibling, right);
}

/** The largest power of two below a size. */
const splitOf = (size: number): number => 2 ** Math.floor(Math.log2(size - 1));
