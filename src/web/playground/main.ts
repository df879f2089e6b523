import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './playground.css';
import { GraphiQL } from 'graphiql';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { type GraphqlRequest, sendGraphql } from './api.ts';
import {
  createExamples,
  type Example,
  SAMPLE_QUERY,
  type SampleAnswer,
  toLibrarySample,
} from './examples.ts';

/** Where GraphiQL keeps its tabs. */
const TABS_KEY = 'graphiql:tabState';
/** Where it keeps the last edit apart from its tab. Where the two differ, it would open one more tab at every start. */
const EDIT_KEYS = ['graphiql:query', 'graphiql:variables', 'graphiql:headers'];

async function readExamples(): Promise<Example[]> {
  const { data } = await sendGraphql({ query: SAMPLE_QUERY });
  if (!data) throw new Error('The server did not answer; is it ready?');
  return createExamples(toLibrarySample(data as SampleAnswer));
}

async function start(): Promise<void> {
  document.querySelector('#restore-examples')?.addEventListener('click', () => {
    localStorage.removeItem(TABS_KEY);
    location.reload();
  });
  for (const key of EDIT_KEYS) localStorage.removeItem(key);
  const container = document.querySelector('#playground') as HTMLElement;
  try {
    const properties = {
      fetcher: (request: GraphqlRequest, options?: { headers?: Record<string, string> }) =>
        sendGraphql(request, options?.headers),
      defaultTabs: await readExamples(),
      defaultEditorToolsVisibility: false,
    };
    createRoot(container).render(createElement(GraphiQL, properties));
  } catch (error) {
    container.textContent = error instanceof Error ? error.message : String(error);
  }
}

await start();
