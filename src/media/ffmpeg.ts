import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { performance } from 'node:perf_hooks';
import { MediaError, UsageError } from '../shared/errors.ts';
import type { MediaLimits } from './media.ts';

/** The one file that knows how ffmpeg and ffprobe are found, kept in bounds and run. */

export interface FfmpegPrograms {
  /** A path, or a name to be looked up in PATH. */
  ffmpeg: string;
  ffprobe: string;
}

/** Where ffmpeg and ffprobe are; null takes the build of the optional dependency for this platform. */
export interface FfmpegPaths {
  ffmpegPath: string | null;
  ffprobePath: string | null;
}

export interface ProgramRun {
  program: string;
  arguments: string[];
  limits: MediaLimits;
  signal?: AbortSignal | undefined;
}

/** Demuxers that may open a file: none that follows references to other files or addresses. */
const FORMATS = 'mov,mp4,matroska,webm,mp3,flac,ogg,wav';
const DECODER_THREADS = 2;
const STDERR_TAIL_CHARACTERS = 8_192;

/**
 * Sets the limits of the process that follows by `exec`. Systems without one of the limits (macOS has no -v) go
 * on without it. The library path is set here since macOS strips it from what /bin/sh inherits.
 */
const LAUNCHER = `ulimit -v "$1" 2>/dev/null; ulimit -t "$2" 2>/dev/null
if [ -n "$3" ]; then cd "$3" || exit 126; LD_LIBRARY_PATH="$3" DYLD_LIBRARY_PATH="$3"; export LD_LIBRARY_PATH DYLD_LIBRARY_PATH; fi
shift 3
exec "$@"`;

/** Throws a UsageError where a program is neither named nor installed. */
export function locateFfmpeg({ ffmpegPath, ffprobePath }: FfmpegPaths): FfmpegPrograms {
  const folder = ffmpegPath && ffprobePath ? null : findInstalledFolder();
  const locate = (named: string | null, name: string, variable: string) => {
    if (named) return named.includes('/') ? resolve(named) : named;
    if (folder) return join(folder, name);
    throw new UsageError(
      `No ${name} comes with the project for ${process.platform} ${process.arch}. Install one and set ${variable}.`,
    );
  };
  return {
    ffmpeg: locate(ffmpegPath, 'ffmpeg', 'FFMPEG_PATH'),
    ffprobe: locate(ffprobePath, 'ffprobe', 'FFPROBE_PATH'),
  };
}

function findInstalledFolder(): string | null {
  const require = createRequire(import.meta.url);
  const platform = `${process.platform}-${process.arch}`;
  const names = process.platform === 'linux' ? [`${platform}-gnu`, `${platform}-musl`] : [platform];
  for (const name of names) {
    try {
      return dirname(require.resolve(`@remotion/compositor-${name}/package.json`));
    } catch {
      // Not the package of this platform.
    }
  }
  return null;
}

/** Options before `-i` and the input itself, for both programs; safe for paths with any character. */
export function inputArguments(path: string, limits: MediaLimits): string[] {
  return [
    ...['-threads', String(DECODER_THREADS)],
    ...['-protocol_whitelist', 'file,pipe'],
    ...['-format_whitelist', FORMATS],
    ...['-max_pixels', String(limits.maxFrameSidePixels ** 2)],
    ...['-i', `file:${resolve(path)}`],
  ];
}

/**
 * Runs a program and yields its output as it comes, no faster than it is taken. Ends after the process has; a
 * consumer that stops early, an abort and a time-out kill it. The time-out counts the time spent waiting for
 * the process, not the consumer's own.
 *
 * Throws what the process died of as a MediaError, the signal's reason after an abort, or a UsageError where
 * the program can't be run. Returns the end of what it wrote to stderr.
 */
export async function* streamOutput(run: ProgramRun): AsyncGenerator<Buffer, string> {
  run.signal?.throwIfAborted();
  const child = launch(run);
  let stderrTail = '';
  let exited = false;
  let timedOut = false;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderrTail = (stderrTail + text).slice(-STDERR_TAIL_CHARACTERS);
  });
  const exit = new Promise<ProcessEnd>((resolveExit) => {
    const settle = (end: ProcessEnd) => {
      exited = true;
      resolveExit(end);
    };
    child.once('error', (error) => settle({ code: null, signal: null, error }));
    child.once('close', (code, signal) => settle({ code, signal, error: null }));
  });
  const kill = () => {
    if (!exited && child.pid !== undefined) killGroup(child.pid);
  };
  run.signal?.addEventListener('abort', kill, { once: true });

  let waitMs = run.limits.timeoutMs;
  const awaitInTime = async <Value>(value: Promise<Value>): Promise<Value> => {
    const from = performance.now();
    const timer = setTimeout(() => {
      timedOut = true;
      kill();
    }, waitMs);
    try {
      return await value;
    } finally {
      clearTimeout(timer);
      waitMs = Math.max(0, waitMs - (performance.now() - from));
    }
  };

  try {
    const chunks = child.stdout[Symbol.asyncIterator]();
    for (;;) {
      const next = await awaitInTime(chunks.next());
      if (next.done) break;
      yield next.value;
    }
    const end = await awaitInTime(exit);
    run.signal?.throwIfAborted();
    // Not by us, the system kills what is over its processor time.
    if (timedOut || end.signal === 'SIGKILL') throw mediaError('TIMED_OUT', stderrTail);
    if (end.code !== 0) throw toError(run.program, end, stderrTail);
    return stderrTail;
  } finally {
    kill();
    child.stdout.destroy();
    await exit;
    run.signal?.removeEventListener('abort', kill);
  }
}

/** Runs a program to its end. More output than `maxBytes` is CORRUPT_MEDIA. */
export async function collectOutput(
  run: ProgramRun,
  maxBytes: number,
): Promise<{ stdout: Buffer; stderrTail: string }> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  const output = streamOutput(run);
  try {
    for (;;) {
      const next = await output.next();
      if (next.done) return { stdout: Buffer.concat(chunks), stderrTail: next.value };
      sizeBytes += next.value.length;
      if (sizeBytes > maxBytes) throw mediaError('CORRUPT_MEDIA', 'too much output');
      chunks.push(next.value);
    }
  } finally {
    await output.return('');
  }
}

interface ProcessEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  error: Error | null;
}

function launch({ program, arguments: programArguments, limits }: ProgramRun) {
  const memoryKilobytes = Math.ceil(limits.memoryBytes / 1024);
  const processorSeconds = Math.ceil((limits.timeoutMs / 1000) * DECODER_THREADS) + 1;
  const folder = isAbsolute(program) ? dirname(program) : null;
  return spawn(
    '/bin/sh',
    [
      ...['-c', LAUNCHER, 'sh', String(memoryKilobytes), String(processorSeconds), folder ?? ''],
      ...[program, '-v', 'warning', ...programArguments],
    ],
    {
      detached: true, // its own process group, which kill() ends
      stdio: ['ignore', 'pipe', 'pipe'],
      // Nothing else, so that no variable (FFREPORT writes files) changes what the programs do.
      env: { PATH: process.env.PATH, AV_LOG_FORCE_NOCOLOR: '1' },
    },
  );
}

function killGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

function toError(program: string, end: ProcessEnd, stderrTail: string): Error {
  if (end.error || end.code === 126 || end.code === 127) {
    const reason = end.error?.message ?? stderrTail.trim();
    return new UsageError(`${program} cannot be run: ${reason}`, { cause: end.error });
  }
  if (/Cannot allocate memory|Resource temporarily unavailable|get_buffer\(\) failed/.test(stderrTail))
    return mediaError('TOO_LARGE', stderrTail);
  if (/no decoder found/.test(stderrTail)) {
    return mediaError('UNSUPPORTED_MEDIA', stderrTail);
  }
  return mediaError('CORRUPT_MEDIA', stderrTail);
}

const MESSAGES = {
  TIMED_OUT: 'Reading the file took too long.',
  TOO_LARGE: 'Reading the file takes more memory than is allowed.',
  UNSUPPORTED_MEDIA: 'The file is in a format that cannot be decoded.',
  CORRUPT_MEDIA: 'The file is damaged and cannot be read.',
} as const;

/** `detail`, which may hold paths, travels as the cause: for the log, not for users. */
function mediaError(code: keyof typeof MESSAGES, detail: string): MediaError {
  const error = new MediaError(code, MESSAGES[code]);
  error.cause = detail;
  return error;
}
