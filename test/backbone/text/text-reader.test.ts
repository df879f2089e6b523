import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createInference, type Inference } from '../../../src/backbone/inference-client.ts';
import { backboneManifestSchema } from '../../../src/backbone/manifest.ts';
import { createGraphBuilder } from '../../../src/backbone/onnx/graph-builder.ts';
import { createOperators } from '../../../src/backbone/onnx/operators.ts';
import { type BackboneRegistry, createBackboneRegistry } from '../../../src/backbone/registry.ts';
import { verifyTextGraph } from '../../../src/backbone/text/verify-text-graph.ts';
import { WorkerLostError } from '../../../src/shared/errors.ts';
import { toUnit } from '../../../src/shared/vector-math.ts';
import { DEVICE_UNDER_TEST } from '../../support/device-under-test.ts';
import { moveWeightsOut } from '../../support/external-weights.ts';
import { installBackbone } from '../../support/install-backbone.ts';
import {
  largestDifference,
  REFERENCE_DIR,
  readDocument,
  readFloats,
  referencePath,
} from '../../support/reference.ts';
import { TINY_CLIP } from '../../support/tiny-backbones.ts';
import { installTinyClip, tinyText } from '../../support/tiny-text.ts';

/** The golden values are not scaled; the reader scales them as the backbone does its frames'. */
const LIMIT = 1e-4;

describe.skipIf(!REFERENCE_DIR)("CLIP's text tower (skipped: set REFERENCE_DIR)", () => {
  let directory: string;
  let inference: Inference;
  let registry: BackboneRegistry;

  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'control-mvr-text-'));
    inference = createInference({ device: DEVICE_UNDER_TEST });
    registry = createBackboneRegistry({ directory, inference });
  });
  afterEach(async () => {
    await registry.close();
    await inference.close();
    await rm(directory, { recursive: true, force: true });
  });

  const open = async () => {
    const reader = await registry.openText(TINY_CLIP.id);
    if (!reader) throw new Error('The backbone has no text tower.');
    return reader;
  };
  /** Texts and golden features, without those that name a special token: they are words here. */
  const readGolden = () => {
    const { data, shape } = readFloats('clip/golden/text_embeds');
    const rows: { text: string }[] = readDocument('clip/golden/tokens_tiny.json').texts;
    return rows
      .map(({ text }, row) => ({ text, features: data.slice(row * shape[1], (row + 1) * shape[1]) }))
      .filter(({ text }) => !text.includes('oftext|>'));
  };

  it.each([false, true])('gives the golden features, batched or alone; mask: %s', async (masked) => {
    installTinyClip(directory, { masked });
    const reader = await open();
    const golden = readGolden();
    const together = await reader.embed(golden.map(({ text }) => text));
    for (const [row, { text, features }] of golden.entries()) {
      expect(largestDifference(together[row], toUnit(features) ?? []), text).toBeLessThan(LIMIT);
      const [alone] = await reader.embed([text]);
      expect(largestDifference(together[row], alone), text).toBeLessThan(1e-5);
    }
  });

  it('runs texts in batches of at most the manifest’s size', async () => {
    installTinyClip(directory);
    let runs = 0;
    const counting: Inference = {
      ...inference,
      async open(file, options) {
        const graph = await inference.open(file, options);
        const run: typeof graph.run = (feeds) => {
          runs++;
          return graph.run(feeds);
        };
        return { ...graph, run };
      },
    };
    const counted = createBackboneRegistry({ directory, inference: counting });
    const reader = await counted.openText(TINY_CLIP.id);
    runs = 0;
    await reader?.embed(Array.from({ length: 20 }, (_, i) => `text number ${i}`));
    expect(runs).toBe(3);
    await counted.close();
  });

  it('is not ready while its tokenizer is lost, and reads again once there is another', async () => {
    installTinyClip(directory);
    let losses = 0;
    const watched = createInference({ device: DEVICE_UNDER_TEST, onLoss: () => losses++ });
    const module = new URL('./losable-tokenizer.worker.ts', import.meta.url);
    const losable: Inference = {
      ...watched,
      startWorker: (options) => watched.startWorker({ ...options, module }),
    };
    const losableRegistry = createBackboneRegistry({ directory, inference: losable });
    const reader = await losableRegistry.openText(TINY_CLIP.id);
    const before = await reader?.embed(['calm piano']);
    expect(watched.isReady()).toBe(true);
    await expect(reader?.embed(['end the tokenizer'])).rejects.toBeInstanceOf(WorkerLostError);
    expect(watched.isReady()).toBe(false);
    await expect.poll(() => watched.isReady(), { timeout: 10_000 }).toBe(true);
    expect(losses).toBe(1);
    expect(await reader?.embed(['calm piano'])).toEqual(before);
    await losableRegistry.close();
    expect(watched.isReady()).toBe(true);
    await watched.close();
  });

  it('feeds a graph of fixed length, one text at a time, with int32 and end tokens behind the text', async () => {
    const [length, dimension] = [12, 24];
    const weights = Float32Array.from({ length: length * dimension }, (_, i) => Math.sin(i));
    const graph = createGraphBuilder('sum-of-ids');
    const op = createOperators(graph);
    const ids = op.toFloat(graph.input('ids', 'int32', [1, length]));
    const features = op.matrixProduct(ids, op.matrix(weights, [length, dimension]));
    graph.output(features, { name: 'features', type: 'float32', dims: [1, dimension] });
    const onnx = graph.build();
    installTinyClip(directory, {
      sha256: createHash('sha256').update(onnx).digest('hex'),
      input: { idsName: 'ids', type: 'int32', contextLength: length },
      output: { name: 'features' },
      maxBatch: 1,
    });
    writeFileSync(join(directory, TINY_CLIP.id, tinyText().file), onnx);

    const { texts, end }: { texts: { text: string; ids: number[] }[]; end: number } = readDocument(
      'clip/golden/tokens_tiny.json',
    );
    const asked = texts.slice(0, 5);
    const found = await (await open()).embed(asked.map(({ text }) => text));
    asked.forEach(({ text, ids }, row) => {
      const cut = ids.length > length ? [...ids.slice(0, length - 1), end] : ids;
      const fed = Array.from({ length }, (_, position) => cut[position] ?? end);
      const expected = Array.from({ length: dimension }, (_, column) =>
        fed.reduce((sum, id, position) => sum + id * weights[position * dimension + column], 0),
      );
      expect(largestDifference(found[row], toUnit(expected) ?? []), text).toBeLessThan(LIMIT);
    });
  });

  it('has another hash once its graph, its weights, its input or its output are others', async () => {
    const { input } = tinyText();
    const hashes: string[] = [];
    for (const changes of [
      {},
      { maxBatch: 4 },
      { input: { ...input, contextLength: 12 } },
      { masked: true },
    ]) {
      installTinyClip(directory, changes);
      hashes.push((await open()).sha256);
      await registry.close();
    }
    expect(hashes[1]).toBe(hashes[0]);
    expect(new Set(hashes).size).toBe(3);
  });

  it('takes weights from the files alone that the manifest lists, and with their hashes', async () => {
    const { graph, weights } = moveWeightsOut(
      readFileSync(referencePath('clip/text_model.onnx')),
      'text.bin',
    );
    const text = tinyText({ sha256: createHash('sha256').update(graph).digest('hex') });
    const openWith = async (weightFiles: { file: string; sha256: string }[]) => {
      installTinyClip(directory, text);
      installBackbone(
        directory,
        { ...TINY_CLIP, text, weightFiles },
        referencePath('clip/vision_model.onnx'),
      );
      writeFileSync(join(directory, TINY_CLIP.id, text.file), graph);
      writeFileSync(join(directory, TINY_CLIP.id, 'text.bin'), weights);
      const reader = await open();
      await registry.close();
      return reader.sha256;
    };
    const sha256 = createHash('sha256').update(weights).digest('hex');
    await expect(openWith([])).rejects.toThrow(/text.onnx takes weights from "text.bin"/);
    await expect(openWith([{ file: 'text.bin', sha256: '0'.repeat(64) }])).rejects.toThrow(
      'text.bin does not have the hash',
    );
    expect(await openWith([{ file: 'text.bin', sha256 }])).toMatch(/^[0-9a-f]{64}$/);
  });

  it('feeds rows of the length that any of its inputs is fixed to', () => {
    const { input } = tinyText({ masked: true });
    const slot = (name: string, length: number | string) => ({
      name,
      type: 'int64' as const,
      dims: ['batch', length],
    });
    const text = backboneManifestSchema.parse({
      ...TINY_CLIP,
      sha256: '0'.repeat(64),
      text: tinyText({ masked: true, input: { ...input, maskName: 'attention_mask' } }),
    }).text;
    if (!text) throw new Error('The manifest has no text tower.');
    const graph = {
      inputs: [slot('attention_mask', 'length'), slot('input_ids', 77)],
      outputs: [{ name: 'text_embeds', type: 'float32' as const, dims: ['batch', 24] }],
    };
    expect(verifyTextGraph(text, 24, 'text.onnx', graph)).toBe(77);
  });

  it('is opened once, and is absent where the manifest names none', async () => {
    installTinyClip(directory);
    expect(await registry.openText(TINY_CLIP.id)).toBe(await registry.openText(TINY_CLIP.id));
    expect(await registry.openText('lite-vision-1')).toBeNull();
  });

  it('is refused where its graph, its files or its vocabulary are not as the manifest says', async () => {
    const { input } = tinyText();
    const refusals = [
      [{ output: { name: 'pooled' } }, 'it has no output pooled; it has text_embeds'],
      [{ input: { ...input, type: 'int32' as const } }, 'input_ids is of int64, not of int32'],
      [{ input: { ...input, maskName: 'mask' } }, 'it has no input mask'],
      [
        { input: { ...input, idsName: 'ids' } },
        'it has the input input_ids, which the manifest does not name',
      ],
      [{ sha256: '0'.repeat(64) }, 'text.onnx does not have the hash it should have'],
      [
        { tokenizer: { ...tinyText().tokenizer, sha256: '0'.repeat(64) } },
        'tokenizer.json does not have the hash it should have',
      ],
    ] as const;
    for (const [changes, message] of refusals) {
      installTinyClip(directory, changes);
      await expect(registry.openText(TINY_CLIP.id)).rejects.toMatchObject({
        name: 'IntegrityError',
        message: expect.stringContaining(message),
      });
    }
    installBackbone(directory, { ...TINY_CLIP, text: tinyText() }, referencePath('clip/vision_model.onnx'));
    writeFileSync(join(directory, TINY_CLIP.id, 'tokenizer.json'), '{}');
    await expect(registry.openText(TINY_CLIP.id)).rejects.toMatchObject({ name: 'IntegrityError' });
  });
});
