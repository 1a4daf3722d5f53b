/** Where a scan stands: in which of the places of a configuration, and where in it. Pure. */
export function positionAt(place: number, at: string): string {
  return `${String(place)}:${at}`;
}

/** Inverse of {@link positionAt}; the beginning where there is none. */
export function placeOf(position: string | undefined): { place: number; at: string } {
  const [, place = '0', at = ''] = /^(\d+):(.*)$/.exec(position ?? '') ?? [];
  return { place: Number(place), at };
}
