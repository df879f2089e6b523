import { BusyError } from '../../shared/errors.ts';
import { createHolder, describeHolder, HEARTBEAT_MS, isAlive, type WriterHolder } from '../writer-holder.ts';
import { retrievePoints, type StoreContext } from './context.ts';
import { matchValue } from './filter-condition.ts';
import { WRITER_ID } from './point-ids.ts';
import type { Filter } from './qdrant-client.ts';

/** The one writer's place, while it is held. */
export interface WriterLock {
  /** Throws where the place was lost, as it is to a writer that was stopped for longer than the lease. */
  check(): Promise<void>;
  release(): Promise<void>;
}

/**
 * Takes the one writer's place, or throws a BusyError while a living writer has it. The place is a point that is
 * replaced under the condition that it is still held by whom it was seen to be held: Qdrant applies such writes one
 * after the other, so of two that try at once one wins. Leases compare clocks of several machines.
 */
export async function takeWriterLock(context: StoreContext, token: string): Promise<WriterLock> {
  const seen = await readHolder(context);
  if (seen && isAlive(seen)) throw new BusyError(describeHolder(seen), HEARTBEAT_MS);
  await writeHolder(context, createHolder(token), heldBy(seen?.token ?? token));
  const holder = await readHolder(context);
  if (holder && holder.token !== token) throw new BusyError(describeHolder(holder), HEARTBEAT_MS);

  let isReleased = false;
  const heartbeat = setInterval(() => {
    // A beat that fails is made up for by the next one; `check` tells when the lease was lost.
    writeHolder(context, createHolder(token), heldBy(token)).catch(() => undefined);
  }, HEARTBEAT_MS);
  heartbeat.unref();

  return {
    async check() {
      const current = isReleased ? null : await readHolder(context);
      if (current?.token !== token) {
        throw new Error('This writer has lost its place in the store to another one.');
      }
    },
    async release() {
      clearInterval(heartbeat);
      if (isReleased) return;
      isReleased = true;
      const { qdrant, names } = context;
      const filter: Filter = { must: [{ has_id: [WRITER_ID] }, matchValue('token', token)] };
      await qdrant.call((client) => client.delete(names.meta, { filter, wait: true, ordering: 'strong' }));
    },
  };
}

const heldBy = (token: string): Filter => ({ must: [matchValue('token', token)] });

async function readHolder(context: StoreContext): Promise<WriterHolder | null> {
  const fields = ['token', 'host', 'processId', 'processStart', 'leaseUntilMs'];
  const points = await retrievePoints(context, context.names.meta, [WRITER_ID], fields, {
    consistency: 'majority',
  });
  return (points.get(WRITER_ID)?.payload as WriterHolder | undefined) ?? null;
}

async function writeHolder(
  { qdrant, names }: StoreContext,
  holder: WriterHolder,
  update_filter: Filter,
): Promise<void> {
  const payload = { kind: 'writer', ...holder };
  await qdrant.call((client) =>
    client.upsert(names.meta, {
      points: [{ id: WRITER_ID, vector: {}, payload }],
      update_filter,
      wait: true,
      ordering: 'strong',
    }),
  );
}
