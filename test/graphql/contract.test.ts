import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ApolloServerErrorCode } from '@apollo/server/errors';
import { generate } from '@graphql-codegen/cli';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import {
  buildSchema,
  type GraphQLNamedType,
  getIntrospectionQuery,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isScalarType,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import codegen from '../../codegen.ts';
import { PROJECT_ROOT } from '../../src/config/config.ts';
import { type Api, BUNDLE_ID, createEntries, startApi } from '../support/api.ts';
import { createBruteForceStore } from '../support/brute-force-store.ts';

const read = (path: string) => readFileSync(path, 'utf8');
const contract = buildSchema(read(join(import.meta.dirname, '../fixtures/schema-contract.graphql')));
const schema = buildSchema(read(join(PROJECT_ROOT, 'schema.graphql')));

describe('schema.graphql', () => {
  it('keeps every name and meaning of the contract', async () => {
    const changes = await diff(contract, schema);
    // A description may only be made fuller; whatever else breaks or could break a caller is refused.
    const breaking = changes.filter(({ criticality }) => criticality.level !== CriticalityLevel.NonBreaking);
    expect(breaking.map(({ message }) => message)).toEqual([]);
  });

  it('describes every type, field, argument and value', () => {
    const undescribed = Object.values(schema.getTypeMap())
      .filter(({ astNode }) => astNode)
      .flatMap(placesOf)
      .filter(([, description]) => !description?.trim())
      .map(([place]) => place);
    expect(undescribed).toEqual([]);
  });

  it('lists the codes of errors that the guide lists, every one that Apollo answers by itself among them', () => {
    const codesIn = (texts: readonly string[]) =>
      texts.flatMap((text) => text.match(/[A-Z]+(?:_[A-Z]+)*/g) ?? []).sort();
    const bullets = schema.getQueryType()?.description?.matchAll(/^- ([A-Z_, ]+):/gm) ?? [];
    const codes = codesIn([...bullets].map(([, names]) => names));
    const guide = read(join(PROJECT_ROOT, 'docs/api.md'));
    const table = guide.slice(guide.indexOf('| code | what to do |')).split('\n\n')[0].split('\n').slice(2);
    expect(codesIn(table.map((row) => row.split('|')[1]))).toEqual(codes);
    // Persisted queries are supported.
    const { PERSISTED_QUERY_NOT_SUPPORTED: _, ...byApollo } = ApolloServerErrorCode;
    expect(codes).toEqual(expect.arrayContaining(Object.values(byApollo)));
  });
});

function placesOf(type: GraphQLNamedType): [place: string, description: string | null | undefined][] {
  const own: [string, string | null | undefined] = [type.name, type.description];
  if (isScalarType(type)) return [own];
  if (isEnumType(type))
    return [
      own,
      ...type.getValues().map((value) => [`${type.name}.${value.name}`, value.description] as typeof own),
    ];
  if (isInputObjectType(type))
    return [
      own,
      ...Object.values(type.getFields()).map(
        (field) => [`${type.name}.${field.name}`, field.description] as typeof own,
      ),
    ];
  if (!isObjectType(type) && !isInterfaceType(type)) return [own];
  return [
    own,
    ...Object.values(type.getFields()).flatMap((field) => [
      [`${type.name}.${field.name}`, field.description] as typeof own,
      ...field.args.map((one) => [`${type.name}.${field.name}(${one.name})`, one.description] as typeof own),
    ]),
  ];
}

it('is what the generated types were made from', async () => {
  const [generated] = await generate({ ...codegen, silent: true, cwd: PROJECT_ROOT }, false);
  expect(read(join(PROJECT_ROOT, generated.filename))).toBe(generated.content);
});

describe('the served schema', () => {
  let api: Api;
  beforeAll(async () => {
    const store = createBruteForceStore(BUNDLE_ID, createEntries(1));
    api = await startApi({ store, edition: await store.open(BUNDLE_ID) });
  });
  afterAll(() => api.stop());

  it('can be introspected whatever NODE_ENV says', async () => {
    const before = process.env.NODE_ENV;
    process.env.NODE_ENV = 'production';
    const store = createBruteForceStore(BUNDLE_ID, createEntries(1));
    const inProduction = await startApi({ store, edition: await store.open(BUNDLE_ID) });
    process.env.NODE_ENV = before;
    for (const one of [api, inProduction]) {
      const { data, errors } = await one.execute(getIntrospectionQuery());
      expect(errors).toEqual([]);
      expect(data.__schema.types.length).toBeGreaterThan(50);
    }
    await inProduction.stop();
  });
});
