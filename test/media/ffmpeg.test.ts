import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { inputArguments, streamOutput } from '../../src/media/ffmpeg.ts';
import { createMediaReader } from '../../src/media/media-reader.ts';
import { UsageError } from '../../src/shared/errors.ts';
import { collect, ffmpeg, LIMITS, runFfmpeg } from './make-media.ts';

const reader = createMediaReader({ ffmpegPath: null, ffprobePath: null, limits: LIMITS });
const waveform = { sampleRateHz: 24_000, rule: { segmentSeconds: 5, hopSeconds: 5 } };

let folder: string;
let long: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'ffmpeg-'));
  long = join(folder, 'long.wav');
  runFfmpeg(['-f', 'lavfi', '-i', 'sine=r=44100:d=590', long]);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A reader whose decoder leaves its process id, and that id once it has begun. */
function traceableReader(limits = LIMITS) {
  const program = join(folder, 'traceable-ffmpeg');
  const pidFile = join(folder, 'decoder-pid');
  writeFileSync(program, `#!/bin/sh\necho $$ > '${pidFile}'\nexec '${ffmpeg}' "$@"\n`);
  chmodSync(program, 0o755);
  return {
    reader: createMediaReader({ ffmpegPath: program, ffprobePath: null, limits }),
    decoderPid: () => Number(readFileSync(pidFile, 'utf8')),
  };
}

/** A program that writes its process id and its child's, then both go on for ever. */
function writeForkingProgram(): { program: string; pids: () => number[] } {
  const program = join(folder, 'forking');
  const pidFile = join(folder, 'pids');
  writeFileSync(program, `#!/bin/sh\nsleep 600 &\necho $$ $! > '${pidFile}'\necho begun\nwait\n`);
  chmodSync(program, 0o755);
  return { program, pids: () => readFileSync(pidFile, 'utf8').trim().split(' ').map(Number) };
}

/** Whether a process is there and, where the system can tell, is not one that only waits to be collected. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (!existsSync('/proc/self/stat')) return true;
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

async function untilDead(pids: number[]): Promise<void> {
  while (pids.some(isAlive)) await sleep(10);
}

describe('a decoding process', () => {
  it('ends when it is aborted in mid-read', async () => {
    const { reader, decoderPid } = traceableReader();
    const controller = new AbortController();
    const segments = reader.readWaveform(long, waveform, controller.signal)[Symbol.asyncIterator]();
    await segments.next();
    expect(isAlive(decoderPid())).toBe(true);
    controller.abort(new Error('enough'));
    const rest = (async () => {
      while (!(await segments.next()).done);
    })();
    await expect(rest).rejects.toThrow('enough');
    expect(isAlive(decoderPid())).toBe(false);
  });

  it('ends when its consumer stops', async () => {
    const { reader, decoderPid } = traceableReader();
    for await (const segment of reader.readWaveform(long, waveform)) {
      expect(segment.span.startSeconds).toBe(0);
      expect(isAlive(decoderPid())).toBe(true);
      break;
    }
    expect(isAlive(decoderPid())).toBe(false);
  });

  it('does not start for a signal that is aborted', async () => {
    const reading = collect(reader.readWaveform(long, waveform, AbortSignal.abort(new Error('no'))));
    await expect(reading).rejects.toThrow('no');
  });

  it('waits for its consumer, whose own time is not counted', async () => {
    const { reader, decoderPid } = traceableReader({ ...LIMITS, timeoutMs: 2_000 });
    const segments = reader.readWaveform(long, waveform)[Symbol.asyncIterator]();
    await segments.next();
    await sleep(2_500);
    // 590 s would be 28 MB; what ffmpeg could get rid of without us is a pipe's worth.
    expect(isAlive(decoderPid())).toBe(true);
    let count = 1;
    while (!(await segments.next()).done) count++;
    expect(count).toBe(118);
  });

  it('is killed with its children when it takes too long', async () => {
    const { program, pids } = writeForkingProgram();
    const run = { program, arguments: [], limits: { ...LIMITS, timeoutMs: 500 } };
    await expect(collect(streamOutput(run))).rejects.toMatchObject({ code: 'TIMED_OUT' });
    expect(pids()).toHaveLength(2);
    await untilDead(pids());
  });

  it('is stopped by the system when it uses too much of the processor', async () => {
    const program = join(folder, 'spinning');
    const pidFile = join(folder, 'spinning-pid');
    writeFileSync(program, `#!/bin/sh\necho $$ > '${pidFile}'\necho begun\nwhile :; do :; done\n`);
    chmodSync(program, 0o755);
    const output = streamOutput({ program, arguments: [], limits: { ...LIMITS, timeoutMs: 400 } });
    await output.next();
    // Nobody waits for more output now, so that only the system's limit can end it.
    await untilDead([Number(readFileSync(pidFile, 'utf8'))]);
    await expect(output.next()).rejects.toMatchObject({ code: 'TIMED_OUT' });
  });

  it('gets no variable of ours that could make it write files', async () => {
    process.env.FFREPORT = `file=${join(folder, 'report.log')}`;
    try {
      await reader.probe(long);
    } finally {
      delete process.env.FFREPORT;
    }
    expect(existsSync(join(folder, 'report.log'))).toBe(false);
  });

  it('opens no file that its input names', async () => {
    const list = join(folder, 'list.m3u8');
    writeFileSync(list, `#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n${long}\n#EXT-X-ENDLIST\n`);
    const run = { program: ffmpeg, arguments: [...inputArguments(list, LIMITS), '-f', 'wav', 'pipe:1'] };
    await expect(collect(streamOutput({ ...run, limits: LIMITS }))).rejects.toMatchObject({
      code: 'CORRUPT_MEDIA',
      cause: expect.stringContaining('not on whitelist'),
    });
  });
});

describe('a program that is named', () => {
  it('is the one that runs, and one that cannot run says which', async () => {
    const missing = join(folder, 'no-ffprobe');
    const broken = createMediaReader({ ffmpegPath: null, ffprobePath: missing, limits: LIMITS });
    const probing = broken.probe(long);
    await expect(probing).rejects.toBeInstanceOf(UsageError);
    await expect(probing).rejects.toThrow(missing);
  });

  it('is no ffprobe where it prints nothing; of a report that can’t be read the file is to blame', async () => {
    const program = join(folder, 'other-ffprobe');
    const prints = (text: string) => {
      writeFileSync(program, `#!/bin/sh\nprintf '%s' '${text}'\n`);
      chmodSync(program, 0o755);
      return createMediaReader({ ffmpegPath: null, ffprobePath: program, limits: LIMITS }).probe(long);
    };
    const silent = prints('');
    await expect(silent).rejects.toBeInstanceOf(UsageError);
    await expect(silent).rejects.toThrow(`${program} is no ffprobe: it prints no report.`);
    for (const text of ['{', '{"format":{}}']) {
      await expect(prints(text), text).rejects.toMatchObject({ name: 'MediaError', code: 'CORRUPT_MEDIA' });
    }
  });
});
