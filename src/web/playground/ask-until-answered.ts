import { type GraphqlResponse, sendGraphql } from './api.ts';

const FIRST_PAUSE_SECONDS = 1;
const LONGEST_PAUSE_SECONDS = 16;

/** Asks until there is an answer with data, and gives that; the pauses grow. `say` tells why there is none yet. */
export async function askUntilAnswered(query: string, say: (words: string) => void): Promise<unknown> {
  let pauseSeconds = FIRST_PAUSE_SECONDS;
  for (;;) {
    const answer = await ask(query);
    if ('data' in answer && answer.data) return answer.data;
    say(`The server is not ready. ${reasonIn(answer)} Trying again in ${pauseSeconds} s …`);
    await new Promise((resolve) => setTimeout(resolve, 1_000 * pauseSeconds));
    pauseSeconds = Math.min(2 * pauseSeconds, LONGEST_PAUSE_SECONDS);
  }
}

/** What is no JSON comes from something before the server, which is away then. */
async function ask(query: string): Promise<GraphqlResponse> {
  try {
    return await sendGraphql({ query });
  } catch {
    return { reasons: ['It can’t be reached.'] };
  }
}

/** GraphQL's errors, or what /readyz would say; empty where there is neither. */
function reasonIn({ errors = [], reasons = [] }: GraphqlResponse): string {
  const messages = (errors as { message: string }[]).map(({ message }) => message);
  return [...messages, ...(reasons as string[])].join(' ');
}
