import DataLoader from 'dataloader';
import type { SpaceVectors } from '../head/head.ts';
import type { Modality } from '../media/media.ts';
import type { KeyedSearch, SearchReads } from '../retrieval/search/reads.ts';
import type { Serving } from '../retrieval/serving.ts';
import type {
  ClipRecord,
  ClipStore,
  ItemRecord,
  ItemSegments,
  SearchPage,
  StoreCounts,
} from '../store/vector-store.ts';

/** The reads of one request: what is asked for together becomes one call, what is asked for twice is kept. */
export interface Loaders extends SearchReads {
  peaks(id: string): Promise<Uint8Array | null>;
  counts(): Promise<StoreCounts>;
  /** Forgets everything read, after a write. */
  clear(): void;
}

export function createLoaders(
  { edition, embedder }: Serving,
  clipStore: ClipStore,
  signal?: AbortSignal,
): Loaders {
  const gate = createGate();
  const items = new DataLoader<string, ItemRecord | null>((ids) => edition.retrieve(ids));
  const segments = new DataLoader<string, ItemSegments | null>((ids) => edition.segments(ids));
  const clips = new DataLoader<string, ClipRecord | null>((ids) => clipStore.get(ids));
  const projections = new DataLoader<Projection, SpaceVectors[], string>(
    (wanted) => projectTogether(wanted, embedder, signal),
    { cacheKeyFn: ({ clip, modality }) => `${modality} ${clip.id}` },
  );
  const texts = new DataLoader<string, SpaceVectors>((wanted) => {
    if (!embedder.embedTexts) throw new Error('The bundle reads no texts.');
    return embedder.embedTexts(wanted, signal);
  });
  const searches = new DataLoader<KeyedSearch, SearchPage, string>(
    async (wanted) => {
      const pages = await edition.search(wanted.map(({ request }) => request));
      // What hits show needs no further read.
      for (const record of pages.flatMap((page) => page.records)) items.prime(record.id, record);
      return pages;
    },
    { cacheKeyFn: ({ key }) => key, batchScheduleFn: gate.whenOpen },
  );
  const kept = new Map<string, Promise<unknown>>();
  const keep = <T>(key: unknown, read: () => Promise<T>): Promise<T> => {
    const name = JSON.stringify(key);
    const reading = (kept.get(name) as Promise<T> | undefined) ?? read();
    kept.set(name, reading);
    return reading;
  };

  return {
    item: (id) => items.load(id),
    items: (ids) => Promise.all(ids.map((id) => items.load(id))),
    segments: (id) => segments.load(id),
    clip: (id) => clips.load(id),
    projectClip: (clip, modality) => projections.load({ clip, modality }),
    embedText: (text) => texts.load(text),
    search: (search) => searches.load(search),
    spaceRanks: (request) => edition.spaceRanks(request),
    count: (query) => keep(['count', query], () => edition.count(query)),
    facets: (query) => keep(['facets', query], () => edition.facets(query)),
    list: (request) => edition.list(request),
    unknownValues: (modality, filter) =>
      keep(['unknown values', modality, filter], () => edition.unknownValues(modality, filter)),
    attributes: (modality) => keep(['attributes', modality], () => edition.attributes(modality)),
    peaks: (id) => keep(['peaks', id], () => edition.peaks(id)),
    counts: () => keep(['counts'], () => edition.counts()),
    preparing: gate.closedDuring,
    clear: () => {
      for (const loader of [items, segments, clips, projections, texts, searches]) loader.clearAll();
      kept.clear();
    },
  };
}

interface Projection {
  clip: ClipRecord;
  modality: Modality;
}

/** One call of the embedder per modality, split up again by clip. */
async function projectTogether(
  wanted: readonly Projection[],
  embedder: Serving['embedder'],
  signal: AbortSignal | undefined,
): Promise<SpaceVectors[][]> {
  const featuresOf = ({ clip, modality }: Projection) =>
    clip.features.filter((one) => one.modality === modality).map(({ features }) => features);
  const vectorsOf = new Map<Projection, SpaceVectors[]>();
  const modalities = [...new Set(wanted.map(({ modality }) => modality))];
  await Promise.all(
    modalities.map(async (modality) => {
      const together = wanted.filter((one) => one.modality === modality);
      const vectors = await embedder.project(modality, together.flatMap(featuresOf), signal);
      let start = 0;
      for (const one of together) {
        const end = start + featuresOf(one).length;
        vectorsOf.set(one, vectors.slice(start, end));
        start = end;
      }
    }),
  );
  return wanted.map((one) => vectorsOf.get(one) ?? []);
}

/**
 * Holds scans back while a query of the request is still being made into vectors, so that a search by clip and one
 * by id, beside each other, share one pass. Preparing never waits for a scan of its own level, so it can't deadlock.
 */
function createGate() {
  let closedBy = 0;
  let waiting: (() => void)[] = [];
  const openIfIdle = () => {
    if (closedBy > 0) return;
    const ready = waiting;
    waiting = [];
    for (const start of ready) start();
  };
  return {
    async closedDuring<T>(work: () => Promise<T>): Promise<T> {
      closedBy++;
      try {
        return await work();
      } finally {
        closedBy--;
        // In a later turn: first the resolvers that waited for this work ask for their pages.
        setImmediate(openIfIdle);
      }
    },
    whenOpen(start: () => void): void {
      waiting.push(start);
      setImmediate(openIfIdle);
    },
  };
}
