import { Agent as HttpAgent, request as httpRequest } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { text } from 'node:stream/consumers';
import { AnswerFault, ConnectionFault } from './faults.ts';
import { toWaitMs } from './retry-after.ts';

/**
 * Sends a body as JSON and gives the answer's, within `timeoutMs`. Rejects with an AnswerFault, for a redirect too, or
 * a ConnectionFault.
 */
export type PostJson = (path: string, body: object, timeoutMs: number) => Promise<unknown>;

/** As many as a busy server uses at a time; further requests wait for one. */
const MAX_CONNECTIONS = 64;

interface Answer {
  status: number;
  retryAfter: string | undefined;
  content: string;
}

/** Posts to paths below a base address, over connections that are kept. */
export function createPostJson(
  { origin, pathname, protocol }: URL,
  headers: Record<string, string>,
): PostJson {
  const base = pathname.replace(/\/$/, '');
  const isSecure = protocol === 'https:';
  const agentOptions = { keepAlive: true, maxSockets: MAX_CONNECTIONS };
  const agent = isSecure ? new HttpsAgent(agentOptions) : new HttpAgent(agentOptions);
  const request = isSecure ? httpsRequest : httpRequest;
  return async (path, body, timeoutMs) => {
    const bytes = Buffer.from(JSON.stringify(body));
    const signal = AbortSignal.timeout(timeoutMs);
    const { status, retryAfter, content } = await new Promise<Answer>((resolve, fail) => {
      const reject = (error: Error) => fail(new ConnectionFault(error, signal.aborted));
      const sent = request(
        new URL(base + path, origin),
        {
          method: 'POST',
          agent,
          headers: { ...headers, 'content-type': 'application/json', 'content-length': bytes.length },
          signal,
        },
        (response) => {
          const { statusCode: status = 0, headers } = response;
          const retryAfter = headers['retry-after'];
          text(response).then((content) => resolve({ status, retryAfter, content }), reject);
        },
      );
      sent.on('error', reject);
      sent.end(bytes);
    });
    const answer = parseIfJson(content);
    if (status < 200 || status >= 300 || typeof answer !== 'object') {
      throw new AnswerFault(status, answer, toWaitMs(retryAfter));
    }
    return answer;
  };
}

function parseIfJson(content: string): unknown {
  try {
    return JSON.parse(content);
  } catch {
    return content;
  }
}
