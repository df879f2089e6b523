import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const SOURCE = resolve(import.meta.dirname, '../../src');

/** Top to bottom: a folder imports from steps below its own, never from its own step or above. */
const STEPS = [
  ['main.ts', 'cli.ts', 'cli', 'api.ts', 'services.ts'],
  ['http'],
  ['graphql', 'demo', 'training'],
  ['evaluation'],
  ['retrieval'],
  ['embedding', 'store'],
  ['bundle'],
  ['head'],
  ['backbone', 'library'],
  ['media'],
  ['config'],
  ['shared'],
];

/** Each heavy library has one file that imports it. */
const OWNED_LIBRARIES = [
  /^onnxruntime-node$/,
  /^onnx-proto$/,
  /^@tensorflow\//,
  /^node:sqlite$/,
  /^@qdrant\//,
  /^@huggingface\/tokenizers$/,
  /^file-type$/,
  /^csv-parse/,
  /^vega$/,
  /^vega-lite$/,
  /^@resvg\//,
  /^ml-matrix$/,
  /^csv-stringify/,
  /^busboy$/,
  /^pino$/,
  /^prom-client$/,
  /^commander$/,
  /^listr2$/,
  /^express$/,
  /^dataloader$/,
];

const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !file.startsWith('__generated__') && !file.startsWith('web'))
  .map((file) => join(SOURCE, file));

/** Specifiers of static and dynamic imports, and of worker modules by URL. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const patterns = [
    /\bfrom\s+'([^']+)'/g,
    /\bimport\s+'([^']+)'/g,
    /\bimport\(\s*'([^']+)'\s*\)/g,
    /new URL\(\s*'(\.[^']+\.ts)'/g,
  ];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1]));
}

const topOf = (file: string) => relative(SOURCE, file).split('/')[0];
const stepOf = (top: string) => STEPS.findIndex((step) => step.includes(top));

describe('imports', () => {
  it('knows every folder of src', () => {
    expect(files.filter((file) => stepOf(topOf(file)) < 0)).toEqual([]);
  });

  it('point one way', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((specifier) => specifier.startsWith('.'))
        .map((specifier) => topOf(resolve(dirname(file), specifier)))
        .filter((target) => target !== topOf(file) && !target.startsWith('__') && !target.startsWith('..'))
        .filter((target) => stepOf(target) <= stepOf(topOf(file)) && stepOf(topOf(file)) > 0)
        .map((target) => `${relative(SOURCE, file)} → ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  it('of a heavy library stand in one file', () => {
    const owners = OWNED_LIBRARIES.map((library) => ({
      library: String(library),
      files: files
        .filter((file) => importsOf(file).some((specifier) => library.test(specifier)))
        .map((file) => relative(SOURCE, file)),
    }));
    expect(owners.filter((owner) => owner.files.length > 1)).toEqual([]);
  });
});
