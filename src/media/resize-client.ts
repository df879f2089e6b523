import { availableParallelism } from 'node:os';
import { createWorkerClient, type WorkerClient } from '../shared/worker-client.ts';
import type { ResizeHandlers, ResizeSettings } from './resize.worker.ts';

/** Resizes pictures off the event loop. */
export interface ResizeClient {
  /** Resizes a stream of whole pictures one by one; each comes as a chunk of its own. Takes the pictures' buffers. */
  resizeAll(pictures: AsyncIterable<Uint8Array>, settings: ResizeSettings): AsyncGenerator<Uint8Array>;
  /** Ends the workers, if any were started. */
  close(): Promise<void>;
}

/** Decoders and backbones need the other cores. */
const WORKER_COUNT = Math.max(1, Math.floor(availableParallelism() / 2));

/** Starts its workers as streams ask for them. */
export function createResizeClient(): ResizeClient {
  const workers: WorkerClient<ResizeHandlers>[] = [];
  let streams = 0;

  /** Streams take the workers in turn. */
  const nextWorker = (): WorkerClient<ResizeHandlers> => {
    const index = streams++ % WORKER_COUNT;
    if (!workers[index] || workers[index].isLost()) {
      workers[index] = createWorkerClient(new URL('./resize.worker.ts', import.meta.url), undefined);
    }
    return workers[index];
  };

  return {
    async *resizeAll(pictures, settings) {
      const worker = nextWorker();
      const pictureBytes = settings.source.widthPixels * settings.source.heightPixels * 3;
      for await (const chunk of pictures) {
        for (let start = 0; start < chunk.length; start += pictureBytes) {
          const isAlone = chunk.buffer.byteLength === pictureBytes;
          const pixels = isAlone ? chunk : chunk.slice(start, start + pictureBytes);
          yield await worker.call('resize', { pixels, settings }, [pixels.buffer as ArrayBuffer]);
        }
      }
    },
    async close() {
      await Promise.all(workers.splice(0).map((worker) => worker.close()));
    },
  };
}
