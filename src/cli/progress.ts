import { Listr, ListrLogger, ProcessOutput } from 'listr2';

/** Tells the operator what is going on, on stderr, so that stdout stays free for results. */
export interface Progress {
  /** Runs one named stage. `report` says how far it is; the stage's title stays as it is. */
  stage<T>(title: string, run: (report: Report) => Promise<T>): Promise<T>;
}

/** `done` of `total` units, with a word on what is at hand. */
export type Report = (done: number, total: number, detail?: string) => void;

/** At least this long between two lines where stderr is not a terminal. */
const LINE_INTERVAL_MS = 10_000;

export function createProgress(options: { quiet?: boolean } = {}): Progress {
  if (options.quiet) return { stage: (_title, run) => run(() => {}) };
  const isTerminal = process.stderr.isTTY === true;
  const logger = new ListrLogger({ processOutput: new ProcessOutput(process.stderr, process.stderr) });
  return {
    async stage<T>(title: string, run: (report: Report) => Promise<T>): Promise<T> {
      let result!: T;
      let failure: { error: unknown } | null = null;
      const stage = {
        title,
        task: async (_context: unknown, task: { title: string; output: string }) => {
          const startedMs = Date.now();
          let saidMs = startedMs;
          const pace = createPace();
          const report: Report = (done, total, detail) => {
            const now = Date.now();
            const speed = pace.read(done, total, now - startedMs);
            if (!isTerminal && now - saidMs < LINE_INTERVAL_MS) return;
            saidMs = now;
            task.output = [`${done} of ${total}`, speed, detail].filter(Boolean).join(', ');
          };
          try {
            result = await run(report);
          } catch (error) {
            failure = { error };
            throw new Error('the reason follows');
          }
          task.title = `${title} (${((Date.now() - startedMs) / 1000).toFixed(1)} s)`;
        },
      };
      const list = new Listr([stage], {
        renderer: isTerminal ? 'default' : 'simple',
        rendererOptions: { logger },
        registerSignalListeners: false,
      });
      await list.run().catch((error) => {
        throw failure ? failure.error : error;
      });
      return result;
    },
  };
}

/** How fast a stage goes. */
export interface Pace {
  /**
   * Takes in where the stage stands, and says how fast it goes and how long it will take at that, such as "2.0/s, 40 s
   * left"; null until that can be told.
   */
  read(done: number, total: number, elapsedMs: number): string | null;
}

/** What was done before does not count: a run that goes on where another ended skips fast what is there already. */
const PACE_WINDOW_MS = 30_000;
const LEAST_PACE_MS = 3_000;

/** Goes by the last half minute, or by the last step where that took longer. */
export function createPace(): Pace {
  /** Where it stood, the last of each second; the first is at the window's start or before. */
  let marks = [{ elapsedMs: 0, done: 0 }];
  const toSecond = (elapsedMs: number) => Math.floor(elapsedMs / 1_000);
  return {
    read(done, total, elapsedMs) {
      const last = marks[marks.length - 1];
      if (toSecond(last.elapsedMs) === toSecond(elapsedMs)) marks.pop();
      // A stage may have parts that are counted anew.
      if (done < last.done) marks = [];
      marks.push({ elapsedMs, done });
      while (marks.length > 1 && marks[1].elapsedMs <= elapsedMs - PACE_WINDOW_MS) marks.shift();
      const [from] = marks;
      if (done === from.done || done >= total || elapsedMs - from.elapsedMs < LEAST_PACE_MS) return null;
      return describePace((1_000 * (done - from.done)) / (elapsedMs - from.elapsedMs), total - done);
    },
  };
}

function describePace(perSecond: number, left: number): string {
  const rate = perSecond >= 1 ? `${perSecond.toFixed(1)}/s` : `${(perSecond * 60).toFixed(1)}/min`;
  const seconds = Math.round(left / perSecond);
  return `${rate}, ${seconds >= 60 ? `${Math.round(seconds / 60)} min` : `${seconds} s`} left`;
}
