import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { UnavailableError } from '../../shared/errors.ts';
import { retrievePoints, type StoreContext } from './context.ts';
import { matchValue } from './filter-condition.ts';
import type { Payload } from './qdrant-client.ts';

const MAX_ATTEMPTS = 100;
const MAX_PAUSE_MS = 50;
const BUSY_PAUSE_MS = 1_000;

/** Null where there is none. */
export async function readRecord<Content>(context: StoreContext, pointId: string): Promise<Content | null> {
  return (await readVersioned<Content>(context, pointId)).content;
}

/**
 * Changes what one point holds, so that nothing of what others change in it meanwhile is lost: it is replaced under
 * the condition that it is still the version that was read, and the change is made again from what is there where it
 * was not. With strong ordering all replicas apply such writes one after the other, in one order; the price is that
 * they fail while the node that leads is away.
 *
 * `change` returns null to leave the content as it is. It may be called again after its outcome was written: it has
 * to be idempotent.
 */
export async function changeRecord<Content>(
  context: StoreContext,
  point: { id: string; payload: Payload },
  change: (content: Content | null) => Content | null,
): Promise<Content | null> {
  const { qdrant, names } = context;
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const seen = await readVersioned<Content>(context, point.id);
    const content = change(seen.content);
    if (content === null) return seen.content;
    const version = randomUUID();
    const payload = { ...point.payload, version, content: JSON.stringify(content) };
    await qdrant.call((client) =>
      client.upsert(names.meta, {
        points: [{ id: point.id, vector: {}, payload }],
        // A point that is missing is written whatever the condition: of two writers the second then finds the first's.
        update_filter: { must: [matchValue('version', seen.version ?? version)] },
        wait: true,
        ordering: 'strong',
      }),
    );
    const written = await readVersioned<Content>(context, point.id);
    if (written.version === version) return content;
    await sleep(Math.random() * MAX_PAUSE_MS);
  }
  throw new UnavailableError('Too many writers change the store at once.', BUSY_PAUSE_MS);
}

async function readVersioned<Content>(
  context: StoreContext,
  pointId: string,
): Promise<{ version: string | null; content: Content | null }> {
  const fields = ['version', 'content'];
  const points = await retrievePoints(context, context.names.meta, [pointId], fields);
  const payload = points.get(pointId)?.payload;
  if (!payload) return { version: null, content: null };
  return { version: payload.version as string, content: JSON.parse(payload.content as string) };
}
