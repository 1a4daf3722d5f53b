/** What a page of a site told about one visit of it, as far as the collector keeps it. */
interface Hit {
  readonly client: string;
  readonly event: string;
  readonly at: Date;
}

/** One Analytics property, in memory: hits by client id. */
export interface Hits {
  /** Takes one request of a tag; answers how many events it held. What is no hit is dropped, and nobody is told. */
  take(address: URLSearchParams, body: string, at: Date): number;
  /** Ends the data of a client id up to a moment. */
  end(client: string, upTo: Date): void;
  /** How many hits of these client ids there are. */
  count(clients: readonly string[]): number;
}

/** @param measurement the property's measurement id, `G-…` */
export function createHits(measurement: string): Hits {
  const hits: Hit[] = [];
  return {
    take(address, body, at) {
      const client = address.get('cid');
      if (address.get('v') !== '2' || address.get('tid') !== measurement || !client) return 0;
      // A single event stands in the address; gtag sends several as lines of the body.
      const lines = address.has('en') ? [address] : body.split('\n').map((line) => new URLSearchParams(line));
      const events = lines.flatMap((line) => line.get('en') ?? []);
      hits.push(...events.map((event) => ({ client, event, at })));
      return events.length;
    },
    end(client, upTo) {
      const kept = hits.filter((hit) => hit.client !== client || hit.at > upTo);
      hits.splice(0, hits.length, ...kept);
    },
    count: (clients) => hits.filter(({ client }) => clients.includes(client)).length,
  };
}
