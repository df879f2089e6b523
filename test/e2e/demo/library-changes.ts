import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { ask, ranking, searchMusic, upload } from '../support/requests.ts';
import { waitUntil } from '../support/wait-until.ts';
import { type MadeDemo, readVideo, TEST_PAIRS } from './made-demo.ts';

const [EDITED, REMOVED, QUERY] = TEST_PAIRS;
const NEW_GENRE = 'zydeco “live” 🎷';

export function describeLibraryChanges(demo: () => MadeDemo): void {
  const readTrack = async (id: string) =>
    (await ask(demo().server.url, 'query ($id: ID!) { track(id: $id) { id title genres addedAt } }', { id }))
      .track;
  const index = async (...options: string[]) => {
    const { workspace, folder } = demo();
    const { exitCode, stdout, stderr } = await workspace.run(['index', folder, ...options]);
    expect([exitCode, stdout], stderr).toEqual([0, '']);
    return stderr;
  };
  const bundleId = async () =>
    (await ask(demo().server.url, '{ system { bundle { id } } }')).system.bundle.id;

  describe('changes while the server runs', () => {
    it('keeps edits and removals over another index, and brings items back with --restore', async () => {
      const { url } = demo().server;
      const before = await readTrack(EDITED.trackId);
      await ask(
        url,
        `mutation ($id: ID!, $changes: ItemChangesInput!) {
          updateItem(id: $id, changes: $changes) { ... on Track { id } }
        }`,
        { id: EDITED.trackId, changes: { title: 'A new title', genres: [NEW_GENRE] } },
      );
      const { removeItems } = await ask(
        url,
        'mutation ($ids: [ID!]!) { removeItems(ids: $ids) { removedIds notFoundIds } }',
        { ids: [REMOVED.trackId, 'nothing'] },
      );
      expect(removeItems).toEqual({ removedIds: [REMOVED.trackId], notFoundIds: ['nothing'] });

      const edited = { ...before, title: 'A new title', genres: [NEW_GENRE] };
      const expectChanges = async () => {
        expect(await readTrack(EDITED.trackId)).toEqual(edited);
        expect(await readTrack(REMOVED.trackId)).toBeNull();
        const all = await searchMusic(url, { query: { media: { id: QUERY.videoId } } });
        expect(all.totalCount).toBe(239);
        const filtered = await searchMusic(url, {
          query: { media: { id: QUERY.videoId } },
          genres: { any: [NEW_GENRE] },
        });
        expect(ranking(filtered)).toEqual([EDITED.trackId]);
      };
      await expectChanges();
      // The one that is not there counts as new, and is passed over.
      expect(await index()).toMatch(/unchanged 479, .*deleted 0, failed 0/);
      await expectChanges();

      await index('--restore');
      expect((await readTrack(REMOVED.trackId)).id).toBe(REMOVED.trackId);
      expect(await readTrack(EDITED.trackId)).toEqual(edited);
      await index('--discard-edits');
      expect(await readTrack(EDITED.trackId)).toEqual(before);
    });

    it('swaps to another bundle without one failed request, also after an index that was killed', async () => {
      const { workspace, folder, server } = demo();
      const { url } = server;
      const old = await bundleId();
      const clip = await upload(url, await readVideo(demo(), QUERY));

      const trained = await workspace.run(['train', folder, '--seed', '2']);
      expect(trained.exitCode, trained.stderr).toBe(0);
      const [, trainedId] = /Bundle ([0-9a-f]{64})/.exec(trained.stderr) ?? [];
      expect(trainedId).not.toBe(old);
      expect(await bundleId(), 'the store still holds the bundle before').toBe(old);

      const seen: string[] = [];
      let isDone = false;
      let failure: unknown = null;
      const poll = async () => {
        while (!isDone) {
          const query = { media: { id: seen.length % 2 === 0 ? clip.id : QUERY.videoId } };
          const { search, system } = await ask(
            url,
            `query ($query: SearchQueryInput!) {
              search: searchMusic(query: $query, alpha: 0) {
                ... on MusicSearch { bundleId hits(first: 20) { edges { rank node { id title } } } }
              }
              system { bundle { id } }
            }`,
            { query },
          );
          expect([search.bundleId, search.hits.edges.length]).toEqual([system.bundle.id, 20]);
          seen.push(search.bundleId);
        }
      };
      const polls = [poll(), poll()].map((polling) =>
        polling.catch((error) => {
          failure = error;
        }),
      );
      try {
        const killed = workspace.spawn(['index', folder]);
        await waitUntil(() => killed.child.exitCode !== null || killed.stderr().includes('❯ Indexing'));
        await sleep(300);
        await killed.kill();
        expect(killed.child.signalCode).toBe('SIGKILL');
        expect(await bundleId()).toBe(old);
        await index();
        const indexedMs = performance.now();
        await waitUntil(() => failure !== null || seen.at(-1) === trainedId);
        console.log(`Swapped ${((performance.now() - indexedMs) / 1000).toFixed(2)} s after the index ended`);
        const seenSoFar = seen.length;
        await waitUntil(() => failure !== null || seen.length > seenSoFar + 10);
      } finally {
        isDone = true;
        await Promise.all(polls);
      }
      expect(failure).toBeNull();
      expect([...new Set(seen)]).toEqual([old, trainedId]);
      expect(seen.lastIndexOf(old)).toBeLessThan(seen.indexOf(trainedId) + polls.length);
    });
  });
}
