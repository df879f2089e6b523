import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { workerData } from 'node:worker_threads';
import { IntegrityError } from '../../shared/errors.ts';
import { serveWorker } from '../../shared/worker-server.ts';
import { type ClipTokenizer, createClipTokenizer } from './clip-tokenizer.ts';

export interface TokenizerWorkerData {
  /** tokenizer.json; a file with another SHA-256 is refused. */
  path: string;
  sha256: string;
  contextLength: number;
}

const { path, sha256, contextLength } = workerData as TokenizerWorkerData;
let tokenizer: Promise<ClipTokenizer> | null = null;

async function readTokenizer(): Promise<ClipTokenizer> {
  const bytes = await readFile(path).catch((cause) => {
    throw new IntegrityError(`${path} cannot be read.`, { cause });
  });
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw new IntegrityError(`${path} does not have the hash it should have.`);
  }
  try {
    return createClipTokenizer(JSON.parse(bytes.toString('utf8')), contextLength);
  } catch (cause) {
    throw new IntegrityError(`${path}: ${(cause as Error).message}`, { cause });
  }
}

const handlers = {
  /** Verifies the vocabulary and loads it. */
  async open(): Promise<{ endId: number }> {
    tokenizer ??= readTokenizer();
    const { endId } = await tokenizer;
    return { endId };
  },
  async encode({ texts }: { texts: readonly string[] }): Promise<number[][]> {
    tokenizer ??= readTokenizer();
    const { encode } = await tokenizer;
    return texts.map(encode);
  },
};

export type TokenizerHandlers = typeof handlers;

serveWorker(handlers);
