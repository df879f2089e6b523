import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import onnxProto from 'onnx-proto';
import { afterAll, describe, expect, it } from 'vitest';
import { readExternalLocations } from '../../../src/backbone/onnx/external-files.ts';

const { onnx } = onnxProto;

const externalTensor = (location: string) => ({
  name: location,
  dataType: onnx.TensorProto.DataType.FLOAT,
  dims: [1],
  dataLocation: onnx.TensorProto.DataLocation.EXTERNAL,
  externalData: [
    { key: 'offset', value: '0' },
    { key: 'location', value: location },
  ],
});

describe('readExternalLocations', () => {
  const directory = mkdtempSync(join(tmpdir(), 'external-files-'));
  const path = join(directory, 'graph.onnx');
  afterAll(() => rmSync(directory, { recursive: true }));

  const locationsOf = (bytes: Uint8Array) => {
    writeFileSync(path, bytes);
    return readExternalLocations(path);
  };

  it('finds the files of every tensor, however deep it lies, and passes over what is stored inside', async () => {
    const inner = { name: 'then', initializer: [externalTensor('branch.bin')] };
    const bytes = onnx.ModelProto.encode({
      irVersion: 8,
      producerName: 'x'.repeat(100_000),
      graph: {
        name: 'graph',
        initializer: [
          { name: 'inside', dataType: 1, dims: [50_000], rawData: new Uint8Array(200_000).fill(0x6a) },
          externalTensor('first.bin'),
          externalTensor('../outside.bin'),
          externalTensor('first.bin'),
        ],
        node: [
          { opType: 'If', attribute: [{ name: 'then_branch', g: inner }] },
          { opType: 'Constant', attribute: [{ name: 'value', t: externalTensor('constant.bin') }] },
        ],
      },
    }).finish();
    expect((await locationsOf(bytes)).sort()).toEqual([
      '../outside.bin',
      'branch.bin',
      'constant.bin',
      'first.bin',
    ]);
  });

  it.each<[string, Uint8Array]>([
    ['text', Buffer.from('no graph at all')],
    ['a part that reaches beyond the end', Uint8Array.of(0x3a, 0x7f, 0x0a)],
    ['a number without end', new Uint8Array(12).fill(0xff)],
  ])('refuses %s', async (_, bytes) => {
    await expect(locationsOf(bytes)).rejects.toMatchObject({ name: 'IntegrityError' });
  });
});
