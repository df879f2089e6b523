import { monitorEventLoopDelay } from 'node:perf_hooks';

/** Returns how many milliseconds it took. */
export type Timed = () => Promise<number>;

export function timed(work: () => Promise<unknown>): Timed {
  return async () => {
    const startedMs = performance.now();
    await work();
    return performance.now() - startedMs;
  };
}

/** A measurement of `second`, on a subject that `first` has just worked on. */
export function after<Subject>(
  create: () => Subject,
  first: (subject: Subject) => Promise<unknown>,
  second: (subject: Subject) => Promise<unknown>,
): Timed {
  return async () => {
    const subject = create();
    await first(subject);
    return timed(() => second(subject))();
  };
}

/** Medians in milliseconds. The measurements take turns, so that a slow moment of the machine falls on all. */
export async function mediansOf<Name extends string>(
  rounds: number,
  measurements: Record<Name, Timed>,
): Promise<Record<Name, number>> {
  const entries = Object.entries<Timed>(measurements);
  const times = new Map(entries.map(([name]) => [name, [] as number[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, measure] of entries) times.get(name)?.push(await measure());
  }
  return Object.fromEntries([...times].map(([name, values]) => [name, median(values)])) as Record<
    Name,
    number
  >;
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

/** How late this thread's timers fire while work goes on. */
export interface LoopDelay {
  during<Result>(work: () => Promise<Result>): Promise<Result>;
  /** Over all that went on during it, in milliseconds. */
  p99Ms(): number;
}

export function createLoopDelay(): LoopDelay {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  return {
    async during(work) {
      histogram.enable();
      const result = await work();
      histogram.disable();
      return result;
    },
    p99Ms: () => histogram.percentile(99) / 1e6,
  };
}

export async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  return (await timed(work)()) / 1000;
}
