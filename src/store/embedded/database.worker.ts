import { BusyError } from '../../shared/errors.ts';
import { serveWorker } from '../../shared/worker-server.ts';
import type { ClipRecord } from '../vector-store.ts';
import { HEARTBEAT_MS } from '../writer-holder.ts';
import { clipIds, deleteClip, getClips, putClip, replaceClip, sweepClips } from './clip-table.ts';
import * as copies from './copy-table.ts';
import { type Database, openDatabase } from './database.ts';
import * as editions from './edition-table.ts';
import { renewWriterLock } from './writer-lock.ts';

/** All writes, and the reads of what is not held in memory, away from the event loop that serves. */

let database: Database;
const heartbeats = new Map<string, NodeJS.Timeout>();

/** A beat that another process's write holds up is made good by the next: the lease outlasts several. */
function beat(token: string): void {
  try {
    renewWriterLock(database, token);
  } catch (error) {
    if (!(error instanceof BusyError)) throw error;
  }
}

type Preview = 'peaks' | 'thumbnail';

const handlers = {
  openFile: (path: string): void => {
    database = openDatabase(path, 'write');
  },
  closeFile: (): void => {
    for (const token of heartbeats.keys()) handlers.endWriting(token);
    database.close();
  },
  currentBundleId: (): string | null => editions.currentBundleId(database),

  beginWriting: (run: Parameters<typeof editions.beginWriting>[1]): void => {
    editions.beginWriting(database, run);
    heartbeats.set(run.token, setInterval(beat, HEARTBEAT_MS, run.token));
  },
  fingerprints: (bundleId: string) => editions.readFingerprints(database, bundleId),
  upsertItems: (run: Parameters<typeof editions.upsertItems>[1]): void => editions.upsertItems(database, run),
  deleteItems: (run: Parameters<typeof editions.deleteItems>[1]): number =>
    editions.deleteItems(database, run),
  finishWriting: (run: Parameters<typeof editions.finishWriting>[1]) => editions.finishWriting(database, run),
  sweepDropped: (): boolean => editions.sweepDropped(database),
  endWriting: (token: string): void => {
    clearInterval(heartbeats.get(token));
    heartbeats.delete(token);
    editions.endWriting(database, token);
  },

  readOutline: (bundleId: string) => copies.readOutline(database, bundleId),
  readStoredItems: (request: Parameters<typeof copies.readStoredItems>[1]) =>
    copies.readStoredItems(database, request),
  readNotes: (afterId: string) => copies.readNotes(database, afterId),
  writeNotes: (run: Parameters<typeof copies.writeNotes>[1]): void => copies.writeNotes(database, run),
  dropNotes: (run: Parameters<typeof copies.dropNotes>[1]): void => copies.dropNotes(database, run),

  updateItem: (edit: Parameters<typeof editions.updateItem>[1]) => editions.updateItem(database, edit),
  removeItems: (request: Parameters<typeof editions.removeItems>[1]) =>
    editions.removeItems(database, request),
  preview: ({ itemId, kind }: { itemId: string; kind: Preview }): Uint8Array | null => {
    const row = database.get<Record<Preview, Uint8Array | null>>(
      'SELECT peaks, thumbnail FROM previews WHERE item_id = ?',
      itemId,
    );
    return row?.[kind] ?? null;
  },

  putClip: (clip: ClipRecord): void => putClip(database, clip),
  replaceClip: (clip: ClipRecord): boolean => replaceClip(database, clip),
  clipIds: () => clipIds(database),
  getClips: (ids: readonly string[]) => getClips(database, ids),
  deleteClip: (id: string): boolean => deleteClip(database, id),
  sweepClips: (): number => sweepClips(database),
};

export type DatabaseHandlers = typeof handlers;

serveWorker(handlers);
