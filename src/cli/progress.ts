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
          const report: Report = (done, total, detail) => {
            const now = Date.now();
            if (!isTerminal && now - saidMs < LINE_INTERVAL_MS) return;
            saidMs = now;
            task.output = [`${done} of ${total}`, pace(done, total, now - startedMs), detail]
              .filter(Boolean)
              .join(', ');
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

/** How fast it goes and how long it will take; null until that can be told. */
export function pace(done: number, total: number, elapsedMs: number): string | null {
  if (done === 0 || done >= total || elapsedMs < 3_000) return null;
  const perSecond = (done * 1_000) / elapsedMs;
  const rate = perSecond >= 1 ? `${perSecond.toFixed(1)}/s` : `${(perSecond * 60).toFixed(1)}/min`;
  const seconds = Math.round((total - done) / perSecond);
  return `${rate}, ${seconds >= 60 ? `${Math.round(seconds / 60)} min` : `${seconds} s`} left`;
}
