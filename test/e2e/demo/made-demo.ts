import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DEMO_RECIPE, type DemoPair, planDemo } from '../../../src/demo/demo-plan.ts';
import type { RunningServer, Workspace } from '../support/control-mvr.ts';

/** The demo as `start` made it, with the server that serves it. */
export interface MadeDemo {
  workspace: Workspace;
  server: RunningServer;
  /** Folder of its library. */
  folder: string;
}

export const PAIRS: readonly DemoPair[] = planDemo(DEMO_RECIPE);
export const TEST_PAIRS = PAIRS.filter(({ split }) => split === 'test');

export const videoPath = ({ folder }: Pick<MadeDemo, 'folder'>, { videoId }: DemoPair) =>
  join(folder, 'videos', `${videoId}.mp4`);

export const readVideo = (demo: Pick<MadeDemo, 'folder'>, pair: DemoPair) => readFile(videoPath(demo, pair));
