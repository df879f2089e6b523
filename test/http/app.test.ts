import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { listen } from '../../src/http/listen.ts';
import { UsageError } from '../../src/shared/errors.ts';
import { type StartOptions, startServer, type TestServer } from './start-server.ts';

const JSON_TYPE = { 'Content-Type': 'application/json' };
const query = (text: string, headers: Record<string, string> = {}) => ({
  path: '/graphql',
  method: 'POST',
  headers: { ...JSON_TYPE, ...headers },
  body: JSON.stringify({ query: text }),
});

describe('the HTTP interface', () => {
  let server: TestServer;
  const start = async (options?: StartOptions) => {
    server = await startServer(options);
  };
  afterEach(() => server.close());

  it('gives every request an id, and keeps a sound one of the caller', async () => {
    await start();
    const own = await server.send(query('{ requestId }'));
    expect(own.json.data.requestId).toBe(own.headers['x-request-id']);
    const given = await server.send(query('{ requestId }', { 'X-Request-Id': 'trace-1.a' }));
    expect(given.json.data.requestId).toBe('trace-1.a');
    const unsound = await server.send(query('{ requestId }', { 'X-Request-Id': 'a b"\u00e9' }));
    expect(unsound.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  });

  it.each<[string, Record<string, string>, string, number]>([
    ['broken JSON', JSON_TYPE, '{"query":', 400],
    ['a body that is too large', JSON_TYPE, JSON.stringify({ query: 'x'.repeat(1_100_000) }), 413],
    ['an unknown encoding', { ...JSON_TYPE, 'Content-Encoding': 'zip' }, '{}', 415],
    ['no JSON at all', { 'Content-Type': 'text/plain' }, 'hello', 400],
    ['an empty body', JSON_TYPE, '', 400],
  ])('answers %s to /graphql in JSON', async (_title, headers, body, status) => {
    await start();
    const answer = await server.send({ path: '/graphql', method: 'POST', headers, body });
    expect(answer.status).toBe(status);
    expect(answer.body.toString()).not.toMatch(/node_modules|at .*\.[jt]s:/);
    if (!answer.json) return;
    const { code } = answer.json.errors[0].extensions;
    expect(code).toBe(status === 413 ? 'TOO_LARGE' : 'BAD_REQUEST');
  });

  it('is ready or says why not', async () => {
    await start();
    expect((await server.send({ path: '/readyz' })).json).toEqual({ status: 'ready', reasons: [] });
    await server.close();
    await start({ notReadyReasons: ['The store is locked.'] });
    const answer = await server.send({ path: '/readyz' });
    expect([answer.status, answer.json]).toEqual([
      503,
      { status: 'not ready', reasons: ['The store is locked.'] },
    ]);
    expect((await server.send({ path: '/healthz' })).status).toBe(200);
  });

  it('counts requests by route and status', async () => {
    await start();
    await server.send(query('{ hello }'));
    await server.send({ path: '/media/some-id' });
    await server.send({ path: '/nothing/here' });
    const { body, headers } = await server.send({ path: '/metrics' });
    expect(headers['content-type']).toMatch(/^text\/plain/);
    const text = body.toString();
    expect(text).toMatch(/request_duration_seconds_count\{method="POST",route="\/graphql",status="200"\} 1/);
    expect(text).toMatch(
      /request_duration_seconds_count\{method="GET",route="\/media\/:id",status="404"\} 1/,
    );
    expect(text).toMatch(/request_duration_seconds_count\{method="GET",route="other",status="404"\} 1/);
    expect(text).toMatch(/control_mvr_queue_depth\{queue="clips"\} 0/);
    expect(text).toMatch(/nodejs_eventloop_lag_p99_seconds/);
  });

  it('answers unknown addresses and malformed paths in JSON, with security headers', async () => {
    await start();
    const unknown = await server.send({ path: '/nothing' });
    expect([unknown.status, unknown.json.code]).toEqual([404, 'NOT_FOUND']);
    expect(unknown.headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY' });
    expect(unknown.headers['x-powered-by']).toBeUndefined();
    const malformed = await server.send({ path: '/media/%E0%A4%A' });
    expect([malformed.status, malformed.json.code]).toEqual([400, 'BAD_REQUEST']);
  });

  it('leads from / to the playground, and says so where it is not built', async () => {
    await start();
    const root = await server.send({ path: '/' });
    expect([root.status, root.headers.location]).toEqual([302, 'playground/']);
    const bare = await server.send({ path: '/playground?x=1' });
    expect([bare.status, bare.headers.location]).toEqual([301, 'playground/']);
    const page = await server.send({ path: '/playground/' });
    expect([page.status, page.json.code]).toEqual([503, 'NOT_BUILT']);
  });

  it('drains: refuses new connections, ends what is in flight, cuts off what takes too long', async () => {
    await start();
    const quick = server.send(query('{ slow(ms: 300) }'));
    const endless = server.send(query('{ slow(ms: 60000) }')).catch((error) => error);
    await sleep(100);
    const drained = server.drain(1_000);
    await expect(server.send(query('{ hello }'))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    expect((await quick).json).toEqual({ data: { slow: 'done' } });
    await drained;
    expect(await endless).toBeInstanceOf(Error);
  });

  it('says which address it could not have', async () => {
    await start();
    const port = Number(new URL(server.url).port);
    await expect(listen(() => {}, { host: '127.0.0.1', port })).rejects.toThrow(UsageError);
    await expect(listen(() => {}, { host: '127.0.0.1', port })).rejects.toThrow(String(port));
  });
});
