import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, type StartedQdrant, startQdrant } from '../store/qdrant/qdrant-server.ts';

export interface Cluster {
  nodes: StartedQdrant[];
  /** A balancer before the nodes, as a Kubernetes service is: it sends connections to those that are ready. */
  url: string;
  /** Waits until every replica of every collection is active. */
  untilWhole(): Promise<void>;
  close(): Promise<void>;
}

/** The segments of a bundle stay readable without any one node, and each node holds two thirds of them. */
export const TWO_REPLICAS = { shards: 3, replicas: 2, writeConsistency: 1 };
/** Each node holds all, and two must have a write: as in deploy/kubernetes/config.yaml. */
export const THREE_REPLICAS = { shards: 3, replicas: 3, writeConsistency: 2 };

const NODE_COUNT = 3;
const POLL_MS = 200;

/** Three nodes on the loopback that know each other, and a balancer. */
export async function startCluster(): Promise<Cluster> {
  const peerUrls = await Promise.all(
    Array.from({ length: NODE_COUNT }, async () => `http://127.0.0.1:${await freePort()}`),
  );
  const nodes: StartedQdrant[] = [];
  for (const [i, peerUrl] of peerUrls.entries()) {
    const bootstrap = i === 0 ? [] : ['--bootstrap', peerUrls[0]];
    nodes.push(
      await startQdrant({
        settings: {
          QDRANT__CLUSTER__ENABLED: 'true',
          QDRANT__CLUSTER__P2P__PORT: new URL(peerUrl).port,
        },
        commandArguments: ['--uri', peerUrl, ...bootstrap],
      }),
    );
  }
  const peersOf = async (url: string) => ((await ask(`${url}/cluster`)) as { peers: object }).peers;
  while (Object.keys(await peersOf(nodes[0].url)).length < NODE_COUNT) await sleep(POLL_MS);
  const balancer = await startBalancer(nodes.map(({ url }) => url));

  return {
    nodes,
    url: balancer.url,
    async untilWhole() {
      for (const { url } of nodes) {
        const { collections } = (await ask(`${url}/collections`)) as { collections: { name: string }[] };
        for (const { name } of collections) {
          while (!(await isWhole(`${url}/collections/${name}/cluster`))) await sleep(POLL_MS);
        }
      }
    },
    async close() {
      await balancer.close();
      for (const node of nodes) await node.close();
    },
  };
}

async function isWhole(collectionUrl: string): Promise<boolean> {
  const { local_shards, remote_shards } = (await ask(collectionUrl)) as Record<
    'local_shards' | 'remote_shards',
    { state: string }[]
  >;
  return [...local_shards, ...remote_shards].every(({ state }) => state === 'Active');
}

async function ask(url: string): Promise<unknown> {
  // A connection that was kept may be one to a node that has died since.
  const answer = await fetch(url).catch(() => fetch(url));
  return ((await answer.json()) as { result: unknown }).result;
}

/** Connections go to the ready nodes in turn; those to a node that is lost end. */
async function startBalancer(urls: readonly string[]): Promise<{ url: string; close(): Promise<void> }> {
  let ready = [...urls];
  let next = 0;
  const open = new Set<Socket>();
  const server = createServer((incoming) => {
    const target = new URL(ready[next++ % ready.length] ?? urls[0]);
    const outgoing = connect(Number(target.port), target.hostname);
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ]) {
      open.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  let isClosed = false;
  const polling = (async () => {
    while (!isClosed) {
      const states = await Promise.all(
        urls.map((url) =>
          fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) }).then(
            ({ ok }) => ok,
            () => false,
          ),
        ),
      );
      ready = urls.filter((_, i) => states[i]);
      await sleep(POLL_MS);
    }
  })();
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      isClosed = true;
      await polling;
      for (const socket of open) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
