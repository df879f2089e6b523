import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  buildSchema,
  getIntrospectionQuery,
  Kind,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PROJECT_ROOT } from '../../src/config/config.ts';
import { measureOperation } from '../../src/graphql/cost.ts';
import { type Api, BUNDLE_ID, createEntries, startApi } from '../support/api.ts';
import { createBruteForceStore } from '../support/brute-force-store.ts';

/** Refuses everything that costs anything, so that every answer tells its cost. */
let costOf: (document: string, variables?: Record<string, unknown>) => Promise<number>;
let api: Api;
let strict: Api;

beforeAll(async () => {
  const store = createBruteForceStore(BUNDLE_ID, createEntries(5), ['bpm']);
  const edition = await store.open(BUNDLE_ID);
  api = await startApi({ store, edition });
  strict = await startApi({ store, edition, limits: { maxSearchesPerRequest: 0 } });
  costOf = async (document, variables) => {
    const { errors } = await strict.execute(document, variables);
    if (errors.length === 0) return 0;
    expect(errors[0].extensions?.code).toBe('QUERY_TOO_COSTLY');
    return errors[0].extensions?.cost as number;
  };
});
afterAll(() => Promise.all([api.stop(), strict.stop()]));

const search = (selection: string) =>
  `searchMusic(query: { media: { id: "v01" } }) { ... on MusicSearch { ${selection} } }`;

describe('the cost of an operation', () => {
  it.each<[string, number, string, Record<string, unknown>?]>([
    ['no search', 0, '{ system { version store { tracks videos } } track(id: "t01") { title peaks } }'],
    ['a search of which nothing is computed', 0, `{ ${search('id alpha querySpan { endSeconds }')} }`],
    ['a count and warnings', 2, `{ ${search('totalCount warnings { code suggestions }')} }`],
    [
      'lists of the library',
      2,
      '{ tracks(first: 100) { edges { node { title } } } videos { edges { cursor } } }',
    ],
    ['the count of a list, once', 2, '{ tracks(first: 100) { totalCount edges { node { title } } } }'],
    ['one page of hits', 1, `{ ${search('hits(first: 100) { edges { score } }')} }`],
    ['hits and facets', 2, `{ ${search('hits { edges { score } } facets { genres { value } }')} }`],
    ['the facets of the library', 1, '{ facets { genres { value } } }'],
    [
      'ranks in the spaces',
      3,
      `{ ${search('hits { edges { rank ssl { rank } sup { similarity rank } } }')} }`,
    ],
    ['the rank in the whole', 1, `{ ${search('hits { edges { rank ssl { similarity } } }')} }`],
    ['a field that is there twice', 1, `{ ${search('hits { edges { score } } hits { edges { rank } }')} }`],
    ['aliases', 2, `{ ${search('a: hits { edges { score } } b: hits(first: 1) { edges { score } }')} }`],
    [
      'nested fields',
      1 + 7,
      `{ ${search('hits(first: 7) { edges { node { matchingVideos { hits { edges { score } } } } } }')} }`,
    ],
    [
      'ranks of nested fields',
      1 + 7 * 3,
      `{ ${search('hits(first: 7) { edges { node { similarTracks { hits { edges { sup { rank } } } } } } }')} }`,
    ],
    [
      'the default page size',
      1 + 10 * 2,
      `{ ${search('hits { edges { node { similarTracks { hits { edges { score } } facets { genres { value } } } } } }')} }`,
    ],
    [
      'lists',
      1 + 12,
      '{ videos(first: 12) { edges { node { matchingMusic { hits { edges { rank } } } } } } }',
    ],
    [
      'variables, their defaults, fragments and aliases',
      1 + 12 + 1 + 3,
      `query ($few: Int!, $some: Int! = 3) {
        videos(first: $few) { edges { node { ...matching } } }
        others: videos(first: $some) { edges { node { ...matching } } }
      }
      fragment matching on Video { best: matchingMusic { ...hits } }
      fragment hits on MusicSearch { hits(first: 1) { edges { rank } } }`,
      { few: 12 },
    ],
    [
      'a page under a filter, which bounds nothing',
      1 + 5,
      `query ($filter: ItemFilterInput, $few: Int!) {
        videos(filter: $filter, first: $few) { edges { node { matchingMusic { hits { edges { rank } } } } } }
      }`,
      { filter: { genres: ['electronic'] }, few: 5 },
    ],
    [
      'what @skip and @include leave',
      1,
      `query ($yes: Boolean!, $no: Boolean!) {
        a: ${search('hits @include(if: $no) { edges { score } } facets @skip(if: $yes) { genres { value } }')}
        b: ${search('... @include(if: $yes) { hits { edges { score } } }')}
      }`,
      { yes: true, no: false },
    ],
    [
      'the dearest of the types that a node may be',
      2,
      `{ node(id: "t01") {
        ... on Track { similarTracks { hits { edges { rank } } facets { genres { value } } } }
        ... on Video { similarVideos { hits { edges { rank } } } }
      } }`,
    ],
    [
      'a page above the limit, which is refused later, as one of the limit',
      1 + 100,
      '{ videos(first: 1000) { edges { node { matchingMusic { hits { edges { rank } } } } } } }',
    ],
    [
      'a mutation',
      1,
      'mutation { updateItem(id: "t01", changes: {}) { ... on Track { similarTracks { hits { edges { rank } } } } } }',
    ],
  ])('counts %s', async (_name, cost, document, variables) => {
    expect(await costOf(document, variables)).toBe(cost);
  });

  it('is refused above the limit with HTTP 400, before anything runs, and names both', async () => {
    const list = (first: number) =>
      api.execute(
        'query ($first: Int!) { tracks(first: $first) { edges { node { similarTracks { hits(first: 1) { edges { rank } } } } } } }',
        { first },
      );
    expect((await list(63)).errors).toEqual([]);
    const refused = await list(64);
    expect(refused.data).toBeUndefined();
    expect(refused.status).toBe(400);
    expect(refused.errors).toEqual([
      expect.objectContaining({
        extensions: { code: 'QUERY_TOO_COSTLY', cost: 65, maxCost: 64, requestId: 'request-1' },
      }),
    ]);
  });
});

const aliases = (count: number, prefix: string, selection: string) =>
  Array.from({ length: count }, (_, i) => `${prefix}${i}: ${selection}`).join(' ');

/** Without fragments it would be of k⁴ fields. */
const repeated = (k: number, leaf = 'id', tracks = 1) => `{ ${aliases(k, 'a', 'node(id: "v01") { ...N }')} }
  fragment N on Video { ${aliases(k, 'b', 'pairedTrack { ...T }')} ...O } fragment O on Item { title }
  fragment T on Track { ${aliases(tracks, 'c', leaf)} }`;

/** Every level joins other halves of the next level's fragments, so that each way through the document is its own. */
function entangled(levels: number): string {
  const width = 12;
  const bodies = Array.from({ length: levels }, (_, level) =>
    Array.from({ length: width }, (_, i) => {
      const next = (at: number) => (level === levels - 1 ? 'id' : `...F${level + 1}_${at % width}`);
      return `fragment F${level}_${i} on Track {
        a: similarTracks { hits(first: 1) { edges { node { ${next(5 * i + 1)} } } } }
        b: similarTracks { hits(first: 1) { edges { node { ${next(i < 6 ? 2 * i : 2 * i - 11)} } } } } }`;
    }).join(' '),
  );
  const roots = Array.from({ length: width }, (_, i) => `... @include(if: ${i % 2 === 0}) { ...F0_${i} }`);
  return `{ track(id: "t01") { ${roots.join(' ')} } } ${bodies.join(' ')}`;
}

describe('the fields of an operation', () => {
  const schema = buildSchema(readFileSync(join(PROJECT_ROOT, 'schema.graphql'), 'utf8'));
  const fieldsOf = (text: string, variables: Record<string, unknown> = {}): number => {
    const document = parse(text);
    expect(validate(schema, document)).toEqual([]);
    const operation = document.definitions.find(
      (definition): definition is OperationDefinitionNode => definition.kind === Kind.OPERATION_DEFINITION,
    );
    if (!operation) throw new Error('The document has no operation.');
    return measureOperation({ schema, document, operation, variables, maxFirst: 100, maxFields: 50_000 })
      .fields;
  };

  it.each<[string, number, string]>([
    ['each field', 3, '{ system { version } __typename }'],
    ['the edges of a page', 1 + 2 + 12 * 2, '{ tracks(first: 12) { totalCount edges { node { id } } } }'],
    ['a page of more than is allowed', 1 + 1 + 100, '{ tracks(first: 5000) { edges { cursor } } }'],
    [
      'nested pages',
      1 + 1 + 3 * (1 + 1 + 1 + 1 + 4),
      '{ videos(first: 3) { edges { node { similarVideos { hits(first: 4) { edges { rank } } } } } } }',
    ],
    ['values one by one', 1 + 1 + 500, '{ track(id: "t") { peaks(count: 500) } }'],
    ['values of facets', 1 + 1 + 7 + 7 * 2, '{ facets { genres(first: 7) { value count } } }'],
    ['lists that nothing bounds', 1 + 1 + 10, '{ track(id: "t") { attributes { name } } }'],
    [
      'what is joined or left out, as it is read all the same',
      1 + 3,
      '{ system { version version version @skip(if: true) } }',
    ],
    [
      'fragments as often as they are spread',
      2 + 2 * (1 + 1),
      '{ a: system { ...S } b: system { ...S } } fragment S on System { version }',
    ],
    [
      'the dearest of several types',
      1 + 3 + 2,
      '{ node(id: "t") { id ... on Track { title artist } ... on Clip { status } } }',
    ],
    ['introspection by what it finds', 1 + 1 + 3, '{ __type(name: "ClipStatus") { enumValues { name } } }'],
  ])('count %s', (_name, fields, document) => {
    expect(fieldsOf(document)).toBe(fields);
  });

  it('are at least those of the answer', async () => {
    const sizeOf = (value: unknown): number =>
      Array.isArray(value)
        ? value.reduce((sum, one) => sum + (one instanceof Object ? sizeOf(one) : 1), 0)
        : value instanceof Object
          ? Object.values(value).reduce((sum, one) => sum + 1 + sizeOf(one), 0)
          : 0;
    const item = 'id title attributes { name value }';
    const documents = [
      `{ tracks(first: 30) { totalCount pageInfo { endCursor } edges { cursor node { ${item} peaks(count: 9) } } } }`,
      `{ ${search(`id facets { genres { value count } attributes { name values { value } } } hits(first: 20) {
        run { exact } edges { rank ssl { similarity rank } node { ${item} } } }`)} }`,
      repeated(8, 'title', 3),
      getIntrospectionQuery({ inputValueDeprecation: true, specifiedByUrl: true }),
    ];
    for (const document of documents) {
      const { data, errors } = await api.execute(document);
      expect(errors).toEqual([]);
      expect(sizeOf(data)).toBeGreaterThan(100);
      expect(fieldsOf(document)).toBeGreaterThanOrEqual(sizeOf(data));
    }
  });

  it.each<[string, string]>([
    ['aliases multiplied by fragments', repeated(60, 'id', 60)],
    ['peaks', '{ tracks(first: 100) { edges { node { peaks(count: 500) } } } }'],
    ['fields that are left out', repeated(40, 'title @skip(if: true)', 200)],
    [
      'hits in hits',
      `{ ${search('hits(first: 100) { edges { node { similarTracks { hits(first: 100) { edges { node { similarTracks { hits(first: 100) { edges { rank } } } } } } } } } }')} }`,
    ],
    [
      'introspection',
      `{ ${aliases(200, 'a', '__schema { ...S }')} } fragment S on __Schema { types { fields { name args { name } } } }`,
    ],
    [
      'fragments that double at every level',
      `{ track(id: "t01") { ...f0 } } ${Array.from(
        { length: 30 },
        (_, i) => `fragment f${i} on Track { a: similarTracks { ...h${i} } b: matchingVideos { id } }
        fragment h${i} on MusicSearch { a: hits(first: 1) { ...e${i} } b: hits(first: 1) { ...e${i} } }
        fragment e${i} on MusicHitConnection { edges { node { ${i < 29 ? `...f${i + 1}` : 'id'} } } }`,
      ).join(' ')}`,
    ],
  ])('are bounded: %s', async (_name, document) => {
    const { data, status, errors } = await api.execute(document);
    expect(data).toBeUndefined();
    expect(status).toBe(400);
    expect(errors).toEqual([
      {
        message: 'The answer could have more than the 50000 fields of one request.',
        extensions: { code: 'QUERY_TOO_COSTLY', maxFields: 50_000, requestId: 'request-1' },
      },
    ]);
  });

  it('are given up on in a document that is more entangled than any needs to be', () => {
    expect(fieldsOf(entangled(3))).toBeLessThan(50_000);
    expect(fieldsOf(entangled(11))).toBe(Number.POSITIVE_INFINITY);
  });

  it('leave room for the introspection that tools ask for', async () => {
    const options = { descriptions: true, schemaDescription: true, inputValueDeprecation: true };
    const document = getIntrospectionQuery({
      ...options,
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      oneOf: true,
    });
    const { data, errors } = await api.execute(document);
    expect(errors).toEqual([]);
    expect(data.__schema.types.length).toBeGreaterThan(50);
  });
});

it('refuses documents of too many tokens', async () => {
  const { errors } = await api.execute(`{ ${'system { version } '.repeat(2_000)} }`);
  expect(errors[0].extensions).toEqual({ code: 'GRAPHQL_PARSE_FAILED', requestId: 'request-1' });
});
