import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { createCollectionsInMemory, Refusal } from './collections-in-memory.ts';
import { type SentRequest, validateRequest } from './openapi.ts';

export interface RecordingServer {
  url: string;
  requests: SentRequest[];
  /** Called before a request is carried out. */
  before: (request: SentRequest) => Promise<void>;
  /** Rejects where a request was malformed by Qdrant's OpenAPI document, where that is there to tell. */
  close(): Promise<void>;
}

const MAX_FAULTS_SHOWN = 20;

/**
 * Records what is sent to it and answers as Qdrant does, from plain maps, so far as the adapter asks. It shows that
 * requests are well formed and that the adapter's steps fit together; what Qdrant itself does only Qdrant can show.
 */
export async function startRecordingServer({ version = '1.18.3' } = {}): Promise<RecordingServer> {
  const requests: SentRequest[] = [];
  const faults = new Set<string>();
  const collections = createCollectionsInMemory();
  const server = createServer(async (request, response) => {
    response.setHeader('content-type', 'application/json');
    try {
      const sent = await readRequest(request);
      requests.push(sent);
      for (const fault of validateRequest?.(sent) ?? []) faults.add(fault);
      await recording.before(sent);
      if (sent.path === '/') return response.end(JSON.stringify({ title: 'in memory', version }));
      const result = collections.answer(sent.method, sent.path, sent.body as never);
      response.end(JSON.stringify({ result, status: 'ok', time: 0 }));
    } catch (error) {
      response.statusCode = error instanceof Refusal ? error.status : 500;
      response.end(JSON.stringify({ status: { error: String(error) }, time: 0 }));
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const recording: RecordingServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    before: async () => {},
    async close() {
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      });
      const shown = [...faults].slice(0, MAX_FAULTS_SHOWN);
      if (shown.length > 0) throw new Error(['Malformed requests:', ...shown].join('\n'));
    },
  };
  return recording;
}

async function readRequest(request: IncomingMessage): Promise<SentRequest> {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const hasBody = Number(request.headers['content-length'] ?? 0) > 0 || request.headers['transfer-encoding'];
  return {
    apiKey: request.headers['api-key']?.toString() ?? null,
    method: request.method ?? '',
    path: decodeURI(url.pathname),
    query: url.searchParams,
    body: hasBody ? parseBody(await text(request)) : undefined,
  };
}

/** Half a surrogate pair is refused, as Qdrant does. */
function parseBody(body: string): unknown {
  return JSON.parse(body, (_key, value) => {
    if (typeof value === 'string' && !value.isWellFormed()) throw new Refusal(400, 'lone surrogate');
    return value;
  });
}
