import {
  createExamples,
  SAMPLE_QUERY,
  type SampleAnswer,
  toLibrarySample,
} from '../../src/web/playground/examples.ts';

interface GraphqlAnswer {
  // biome-ignore lint/suspicious/noExplicitAny: whatever the query selects
  data?: any;
  errors?: { message: string }[];
}

export interface ExampleRun extends GraphqlAnswer {
  title: string;
  query: string;
}

/** Runs every example of the playground against a running server, as the playground would make it there. */
export async function runExamples(serverUrl: string): Promise<ExampleRun[]> {
  const send = async (query: string, variables?: unknown): Promise<GraphqlAnswer> => {
    const response = await fetch(`${serverUrl}/graphql`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    return (await response.json()) as GraphqlAnswer;
  };
  const sample = await send(SAMPLE_QUERY);
  const examples = createExamples(toLibrarySample(sample.data as SampleAnswer), `${serverUrl}/clips`);
  const runs: ExampleRun[] = [];
  for (const { query, variables } of examples) {
    const [, title = 'nameless'] = /query (\w+)/.exec(query) ?? [];
    runs.push({ title, query, ...(await send(query, variables && JSON.parse(variables))) });
  }
  return runs;
}
