import { type FileHandle, open } from 'node:fs/promises';
import { IntegrityError } from '../../shared/errors.ts';

/** The parts of an ONNX file that lead to external data: which field numbers hold which message. */
const MESSAGES = {
  model: { 7: 'graph', 20: 'training', 25: 'function' },
  training: { 1: 'graph', 2: 'graph' },
  function: { 7: 'node', 11: 'attribute' },
  graph: { 1: 'node', 5: 'tensor', 15: 'sparseTensor' },
  node: { 5: 'attribute' },
  attribute: { 5: 'tensor', 6: 'graph', 10: 'tensor', 11: 'graph', 22: 'sparseTensor', 23: 'sparseTensor' },
  sparseTensor: { 1: 'tensor', 2: 'tensor' },
  tensor: { 13: 'externalEntry' },
  externalEntry: {},
} satisfies Record<string, Record<number, string>>;

type Message = keyof typeof MESSAGES;

/** Field numbers of an entry, and the key whose value names a file. */
const [ENTRY_KEY, ENTRY_VALUE, LOCATION_KEY] = [1, 2, 'location'];

const MAX_DEPTH = 100;
const MAX_TEXT_BYTES = 4_096;
const CHUNK_BYTES = 64 * 1024;

/**
 * The files that an ONNX file takes weights from, as it names them, each once. Weights are skipped, not read: a file of
 * gigabytes costs little. IntegrityError where it is no ONNX file.
 */
export async function readExternalLocations(path: string): Promise<string[]> {
  const file = await open(path).catch((cause) => {
    throw new IntegrityError(`${path} cannot be read.`, { cause });
  });
  try {
    const reader = createWireReader(file, path);
    const locations = new Set<string>();
    await collectLocations(reader, 'model', (await file.stat()).size, 0, locations);
    return [...locations];
  } finally {
    await file.close();
  }
}

/**
 * Throws an IntegrityError that names every file which a graph takes weights from and which is not listed beside it:
 * the runtime would load it unseen, from wherever it lies.
 */
export async function refuseUnlistedWeights(path: string, listed: readonly string[]): Promise<void> {
  const unlisted = (await readExternalLocations(path)).filter((location) => !listed.includes(location));
  if (unlisted.length === 0) return;
  const names = unlisted.map((location) => JSON.stringify(location)).join(', ');
  throw new IntegrityError(
    `${path} takes weights from ${names}, which its manifest's weightFiles do not list.`,
  );
}

async function collectLocations(
  reader: WireReader,
  message: Message,
  end: number,
  depth: number,
  found: Set<string>,
): Promise<void> {
  if (depth > MAX_DEPTH) throw reader.fault('its graphs are nested too deeply');
  const parts: Record<number, string> = MESSAGES[message];
  const entry: Record<number, string> = {};
  for await (const { number, bytes } of fieldsOf(reader, end)) {
    if (message === 'externalEntry' && (number === ENTRY_KEY || number === ENTRY_VALUE)) {
      entry[number] = await reader.text(bytes);
    } else if (parts[number]) {
      await collectLocations(reader, parts[number] as Message, reader.position() + bytes, depth + 1, found);
    }
  }
  if (entry[ENTRY_KEY] === LOCATION_KEY) found.add(entry[ENTRY_VALUE] ?? '');
}

/** The length-delimited fields up to `end`; what the caller leaves unread of one is skipped. */
async function* fieldsOf(reader: WireReader, end: number): AsyncGenerator<{ number: number; bytes: number }> {
  while (reader.position() < end) {
    const tag = await reader.varint();
    if (tag >= 2 ** 32) throw reader.fault('it holds a field of no number');
    const [number, wireType] = [Math.floor(tag / 8), tag % 8];
    if (wireType === 0) await reader.varint();
    else if (wireType === 1) reader.skipTo(reader.position() + 8);
    else if (wireType === 5) reader.skipTo(reader.position() + 4);
    else if (wireType === 2) {
      const bytes = await reader.varint();
      const next = reader.position() + bytes;
      if (next > end) throw reader.fault('a part of it reaches beyond its end');
      yield { number, bytes };
      reader.skipTo(next);
    } else throw reader.fault('it holds what no ONNX file does');
  }
  if (reader.position() !== end) throw reader.fault('a part of it reaches beyond its end');
}

type WireReader = ReturnType<typeof createWireReader>;

/** Reads a file in protobuf's wire format, a chunk at a time. */
function createWireReader(file: FileHandle, path: string) {
  const fault = (reason: string) => new IntegrityError(`${path} is no ONNX file: ${reason}.`);
  let chunk = Buffer.alloc(0);
  let chunkStart = 0;
  let position = 0;

  const byte = async (): Promise<number> => {
    if (position < chunkStart || position >= chunkStart + chunk.length) {
      const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK_BYTES), 0, CHUNK_BYTES, position);
      [chunk, chunkStart] = [buffer.subarray(0, bytesRead), position];
      if (bytesRead === 0) throw fault('it is cut off');
    }
    return chunk[position++ - chunkStart];
  };

  return {
    fault,
    position: () => position,
    skipTo(next: number): void {
      position = next;
    },
    /** Beyond 2^53 it is inexact, which no length or tag is. */
    async varint(): Promise<number> {
      let value = 0;
      for (let shift = 0; shift < 70; shift += 7) {
        const next = await byte();
        value += (next & 0x7f) * 2 ** shift;
        if (next < 0x80) return value;
      }
      throw fault('it holds a number of more than 64 bits');
    },
    async text(bytes: number): Promise<string> {
      if (bytes > MAX_TEXT_BYTES) throw fault('the name of a file with weights is too long');
      const text = Buffer.alloc(bytes);
      for (let at = 0; at < bytes; at++) text[at] = await byte();
      return text.toString('utf8');
    },
  };
}
