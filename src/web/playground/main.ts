import 'graphiql/setup-workers/vite';
import 'graphiql/style.css';
import './playground.css';
import { GraphiQL } from 'graphiql';
import { createElement } from 'react';
import { createRoot } from 'react-dom/client';
import { type GraphqlRequest, sendGraphql } from './api.ts';
import { askUntilAnswered } from './ask-until-answered.ts';
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

/** Waits for the server where it is not ready, and says so in the place of the playground. */
async function readExamples(container: HTMLElement): Promise<Example[]> {
  const notice = document.createElement('p');
  notice.className = 'notice';
  notice.role = 'status';
  container.replaceChildren(notice);
  const answer = await askUntilAnswered(SAMPLE_QUERY, (words) => {
    notice.textContent = words;
  });
  notice.remove();
  return createExamples(toLibrarySample(answer as SampleAnswer), new URL('../clips', location.href).href);
}

async function start(): Promise<void> {
  document.querySelector('#restore-examples')?.addEventListener('click', () => {
    localStorage.removeItem(TABS_KEY);
    location.reload();
  });
  for (const key of EDIT_KEYS) localStorage.removeItem(key);
  const container = document.querySelector('#playground') as HTMLElement;
  const properties = {
    fetcher: (request: GraphqlRequest, options?: { headers?: Record<string, string> }) =>
      sendGraphql(request, options?.headers),
    defaultTabs: await readExamples(container),
    defaultEditorToolsVisibility: false,
  };
  createRoot(container).render(createElement(GraphiQL, properties));
}

await start();
