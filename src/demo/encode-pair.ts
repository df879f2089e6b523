import { collectOutput } from '../media/ffmpeg.ts';
import type { MediaLimits } from '../media/media.ts';
import type { DemoPair, MusicFormat } from './demo-plan.ts';
import { MUSIC_SAMPLE_RATE_HZ } from './instruments.ts';
import { VIDEO_FRAMES_PER_SECOND, VIDEO_HEIGHT_PIXELS, VIDEO_WIDTH_PIXELS } from './render-video.ts';

export interface EncodeFiles {
  /** Raw, as the render worker writes them. */
  framesPath: string;
  samplesPath: string;
  videoPath: string;
  musicPath: string;
}

const LIMITS: MediaLimits = {
  maxDurationSeconds: 60,
  maxFrameSidePixels: 1024,
  timeoutMs: 120_000,
  memoryBytes: 4 * 1024 ** 3,
};

// Each encoder at a fast setting, which halves the time that the whole demo takes.
const AAC = ['-c:a', 'aac', '-aac_coder', 'fast'];
const MUSIC_CODECS: Record<MusicFormat, string[]> = {
  mp3: ['-c:a', 'libmp3lame', '-compression_level', '7', '-b:a', '128k', '-f', 'mp3'],
  m4a: [...AAC, '-b:a', '128k', '-movflags', '+faststart', '-brand', 'M4A ', '-f', 'mp4'],
  opus: ['-c:a', 'libopus', '-compression_level', '5', '-b:a', '96k', '-f', 'opus'],
};
const H264 = ['-c:v', 'libx264', '-preset', 'superfast', '-crf', '27', '-g', '48'];

/** The same bytes each time: no version, no time, no race between threads. */
const REPEATABLE = ['-bitexact', '-threads', '1'];

/** Encodes a rendered pair with one run of ffmpeg: the video, with or without the track, and the track itself. */
export async function encodePair(
  ffmpeg: string,
  pair: DemoPair,
  files: EncodeFiles,
  signal?: AbortSignal,
): Promise<void> {
  const frameBytes = (VIDEO_WIDTH_PIXELS * VIDEO_HEIGHT_PIXELS * 3) / 2;
  const inputs = [
    // Not every build of ffmpeg reads raw video, but image2pipe always does.
    ...[
      '-f',
      'image2pipe',
      '-c:v',
      'rawvideo',
      '-frame_size',
      String(frameBytes),
      '-pixel_format',
      'yuv420p',
    ],
    ...['-video_size', `${VIDEO_WIDTH_PIXELS}x${VIDEO_HEIGHT_PIXELS}`],
    ...['-framerate', String(VIDEO_FRAMES_PER_SECOND), '-i', files.framesPath],
    ...['-f', 's16le', '-ar', String(MUSIC_SAMPLE_RATE_HZ), '-ac', '2', '-i', files.samplesPath],
  ];
  const soundtrack = pair.hasSoundtrack ? ['-map', '1:a', ...AAC, '-b:a', '96k'] : [];
  const video = [
    ...['-map', '0:v', ...soundtrack, ...H264],
    ...[...REPEATABLE, ...tags({ title: pair.videoTitle }), '-movflags', '+faststart', '-f', 'mp4'],
  ];
  const music = [
    ...['-map', '1:a', ...REPEATABLE],
    ...tags({ title: pair.trackTitle, artist: pair.artist, genre: genresOf(pair).join(';') }),
    ...MUSIC_CODECS[pair.musicFormat],
  ];
  const run = {
    program: ffmpeg,
    arguments: ['-y', '-nostdin', ...inputs, ...video, files.videoPath, ...music, files.musicPath],
    limits: LIMITS,
    signal,
  };
  await collectOutput(run, 0);
}

/** A pair's labels, none where it is left unlabelled. */
export function genresOf({ isLabelled, genre, secondGenre }: DemoPair): string[] {
  if (!isLabelled) return [];
  return secondGenre ? [genre.name, secondGenre.name] : [genre.name];
}

function tags(values: Record<string, string>): string[] {
  const present = Object.entries(values).filter(([, value]) => value !== '');
  return present.flatMap(([name, value]) => ['-metadata', `${name}=${value}`]);
}
