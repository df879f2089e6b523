import { closeSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { serveWorker } from '../shared/worker-server.ts';
import type { DemoPair } from './demo-plan.ts';
import type { StereoSound } from './instruments.ts';
import { renderMusic } from './render-music.ts';
import { renderVideo } from './render-video.ts';

/** Renders a pair into two raw files: frames in YUV 4:2:0, and samples in interleaved 16-bit stereo. */
const handlers = {
  renderPair({ pair, framesPath, samplesPath }: { pair: DemoPair; framesPath: string; samplesPath: string }) {
    writeFileSync(samplesPath, toInterleaved(renderMusic(pair)));
    const frames = openSync(framesPath, 'w');
    try {
      for (const frame of renderVideo(pair)) writeSync(frames, frame);
    } finally {
      closeSync(frames);
    }
  },
};

export type RenderHandlers = typeof handlers;

serveWorker(handlers);

/** Little-endian whatever the machine. */
function toInterleaved({ left, right }: StereoSound): DataView {
  const samples = new DataView(new ArrayBuffer(left.length * 4));
  for (let i = 0; i < left.length; i++) {
    samples.setInt16(i * 4, Math.round(left[i] * 32_767), true);
    samples.setInt16(i * 4 + 2, Math.round(right[i] * 32_767), true);
  }
  return samples;
}
