import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type PlaygroundServer, startPlaygroundServer } from './playground-server.ts';
import { type ExampleRun, runExamples } from './run-examples.ts';

describe('the examples of the playground', () => {
  let server: PlaygroundServer;
  let runs: Map<string, ExampleRun>;
  const dataOf = (title: string) => runs.get(title)?.data;

  beforeAll(async () => {
    server = await startPlaygroundServer();
    runs = new Map((await runExamples(server.url)).map((run) => [run.title, run]));
  });
  afterAll(() => server.close());

  it('all run without an error', () => {
    expect([...runs.values()].filter(({ errors }) => errors)).toEqual([]);
    expect([...runs.keys()]).toHaveLength(9);
  });

  it('find something, whatever the library', () => {
    for (const title of ['MusicForVideo', 'GenresAndFacets', 'FilterAndPages', 'RawVectors']) {
      expect([title, dataOf(title).searchMusic.hits.edges.length > 0]).toEqual([title, true]);
    }
    const { pairs, balanced, labels } = dataOf('ThreeAlphas');
    expect([pairs.alpha, balanced.alpha, labels.alpha]).toEqual([0, 0.5, 1]);
    expect(dataOf('Seeds').searchVideos.hits.edges).toHaveLength(5);
    for (const { node } of dataOf('MatchesInList').videos.edges) {
      expect(node.matchingMusic.hits.edges).toHaveLength(3);
    }
    expect(dataOf('FilterAndPages').searchMusic.hits.pageInfo.hasNextPage).toBe(true);
  });

  it('tell how to upload where there is no clip yet', () => {
    expect(runs.get('UploadedClip')?.query).toContain(
      `curl -F file=@clip.mp4 \\\n#     ${server.url}/clips\n`,
    );
    expect(dataOf('UploadedClip').searchMusic.message).toMatch(/upload/);
  });
});
