import { BusyError, UnavailableError } from '../../shared/errors.ts';
import type { Shard } from '../vector-store.ts';
import {
  createHolder,
  describeHolder,
  HEARTBEAT_MS,
  isAlive,
  LEASE_MS,
  type WriterHolder,
} from '../writer-holder.ts';
import { changeRecord, readRecord } from './changeable-record.ts';
import type { StoreContext } from './context.ts';
import { DropUnderWayError, outliveOutage } from './patience.ts';
import { WRITERS_ID } from './point-ids.ts';

/** A writer's place, while it is held. */
export interface WriterLock {
  /** Throws where the place was lost, as it is to a writer that was stopped for longer than the lease. */
  check(): Promise<void>;
  release(): Promise<void>;
}

/** What a writer fills, or drops. */
export interface WriterPart {
  bundleId: string;
  shard: Shard | null;
  isDrop?: boolean;
}

type PartHolder = WriterHolder & WriterPart;

const DROP_PAUSE_MS = 1_000;
const POINT = { id: WRITERS_ID, payload: { kind: 'writers' } };

/**
 * Takes a writer's place, or throws a BusyError while a living writer has one that leaves no room beside it, and a
 * DropUnderWayError where only a drop does: shards of one run over one bundle have room, and who drops an edition
 * beside those that fill another one; everything else has the store alone. May be called again with the same token
 * where a fault left open whether the place was taken. Leases compare clocks of several machines.
 */
export async function takeWriterLock(
  context: StoreContext,
  token: string,
  part: WriterPart,
): Promise<WriterLock> {
  const change = (changeHolders: (holders: PartHolder[]) => PartHolder[] | null) =>
    changeRecord<PartHolder[]>(context, POINT, (holders) => changeHolders(holders ?? []));

  await change((holders) => {
    const others = holders.filter((holder) => holder.token !== token && isAlive(holder));
    const rivals = others.filter((other) => !hasRoomBeside(part, other));
    const filling = rivals.find(({ isDrop }) => !isDrop);
    if (filling) throw new BusyError(describeHolder(filling), HEARTBEAT_MS);
    if (rivals.length > 0) throw new DropUnderWayError(describeDrop(rivals[0]), DROP_PAUSE_MS);
    return [...others, { ...createHolder(token), ...part }];
  });

  const renew = () =>
    change((holders) => {
      if (!holders.some((holder) => holder.token === token)) return null;
      return holders.map((holder) =>
        holder.token === token ? { ...holder, ...createHolder(token) } : holder,
      );
    });
  let renewal: Promise<unknown> | null = null;
  let isReleased = false;
  const heartbeat = setInterval(() => {
    // A beat that fails is made up for by the next one; `check` tells when the lease was lost.
    renewal ??= renew()
      .catch(() => undefined)
      .finally(() => {
        renewal = null;
      });
  }, HEARTBEAT_MS);
  heartbeat.unref();

  return {
    async check() {
      const holders = isReleased ? [] : await readRecord<PartHolder[]>(context, WRITERS_ID);
      if (!holders?.some((holder) => holder.token === token)) {
        throw new Error('This writer has lost its place in the store to another one.');
      }
    },
    async release() {
      clearInterval(heartbeat);
      if (isReleased) return;
      isReleased = true;
      await renewal;
      const giveBack = () => change((holders) => holders.filter((holder) => holder.token !== token));
      const patienceMs = Math.min(context.patienceMs, LEASE_MS);
      await outliveOutage({ ...context, patienceMs }, giveBack).catch(ignoreUnavailable);
    },
  };
}

/** By then the lease has run out by itself. */
function ignoreUnavailable(error: unknown): void {
  if (!(error instanceof UnavailableError)) throw error;
}

function describeDrop({ processId, host }: PartHolder): string {
  const server = `A server (process ${processId} on ${host})`;
  return `${server} is dropping what is left of this bundle: it can be filled again once that is done.`;
}

function hasRoomBeside(part: WriterPart, other: WriterPart): boolean {
  if (part.isDrop || other.isDrop) return part.bundleId !== other.bundleId;
  if (part.shard === null || other.shard === null) return false;
  const isSameRun = part.bundleId === other.bundleId && part.shard.count === other.shard.count;
  return isSameRun && part.shard.index !== other.shard.index;
}
