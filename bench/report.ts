import type { ApiFigures } from './api.ts';
import type { StartFigures } from './start.ts';
import type { StoreFigures } from './store.ts';

export interface Figures {
  machine: { cpu: string; cores: number; node: string; loadAverage: number };
  store: StoreFigures;
  api: ApiFigures;
  /** Null where no folder to start on was named. */
  start: StartFigures | null;
}

type Row = [figure: string, here: string, beside: string, ratio: string, goal: string];

const HEADER: Row = ['Figure', 'Here', 'Beside it', 'Ratio', 'Goal'];

/** The figures as a Markdown table, each beside that of what it stands on. */
export function toMarkdown({ machine, store, api, start }: Figures): string {
  const eight = api.requestsPerSecondOf8;
  const rows: Row[] = [
    compare('Store: a search', store.searchMs, 'bare scan', store.bareScanMs),
    compare('Store: the same query, a new α', store.newAlphaMs, 'its first α', store.searchMs, {
      text: '≤ 3 ms',
      isMet: store.newAlphaMs <= 3,
    }),
    compare('Store: a search, BLENDED', store.blendedMs, 'bare scan', store.bareScanMs),
    compare('Store: a new α, BLENDED', store.newAlphaBlendedMs, 'its first α', store.blendedMs),
    compare('Store: 8 searches in one call', store.batchOf8Ms, 'bare scan of 8', store.bareBatchOf8Ms),
    compare('Store: a filter that lets 8 % through', store.filteredMs, 'no filter', store.searchMs),
    compare('GraphQL over HTTP: a search', api.graphqlMs, 'store alone', api.storeMs, {
      text: '≤ store + 3 ms',
      isMet: api.graphqlMs <= api.storeMs + 3,
    }),
    compare('GraphQL over HTTP: a new α', api.newAlphaGraphqlMs, 'store, a new α', store.newAlphaMs),
    [
      'GraphQL over HTTP: 8 callers',
      `${eight.graphql.toFixed(1)} /s`,
      `store alone ${eight.store.toFixed(1)} /s`,
      ratio(eight.graphql, eight.store),
      '',
    ],
    compare(
      'Event-loop delay p99, 8 callers',
      api.eventLoopDelayP99Ms.loaded,
      'idle',
      api.eventLoopDelayP99Ms.idle,
      { text: '< 30 ms', isMet: api.eventLoopDelayP99Ms.loaded < 30 },
    ),
  ];
  if (start) rows.push(compare('Start of `serve` to ready', start.readyMs, 'Node alone', start.bareNodeMs));
  const { cpu, cores, node, loadAverage } = machine;
  return [
    `${store.items} tracks, ${store.segments} segments, ${store.dimensions.join(' + ')} dimensions, random vectors, ` +
      'heads that were never trained. Medians, unless they say otherwise.',
    `${cpu}, ${cores} cores, Node ${node}, load ${loadAverage.toFixed(1)} before the run.`,
    `Filled in ${store.loadSeconds.toFixed(1)} s, opened in ${store.openSeconds.toFixed(1)} s.`,
    '',
    toLine(HEADER),
    toLine(HEADER.map(() => '---')),
    ...rows.map(toLine),
  ].join('\n');
}

function compare(
  figure: string,
  hereMs: number,
  besideName: string,
  besideMs: number,
  goal?: { text: string; isMet: boolean },
): Row {
  return [
    figure,
    ms(hereMs),
    `${besideName} ${ms(besideMs)}`,
    ratio(hereMs, besideMs),
    goal ? `${goal.text}: ${goal.isMet ? 'met' : 'missed'}` : '',
  ];
}

const ms = (value: number) => `${value.toFixed(value < 100 ? 1 : 0)} ms`;
const ratio = (here: number, beside: number) => (here / beside).toFixed(2);
const toLine = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
