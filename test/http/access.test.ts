import { afterEach, describe, expect, it } from 'vitest';
import { fakeMedia } from '../retrieval/clip-fakes.ts';
import { postFile, type StartOptions, startServer, type TestServer } from './start-server.ts';

const HELLO = { path: '/graphql', method: 'POST', body: '{"query":"{ hello }"}' };
const JSON_TYPE = { 'Content-Type': 'application/json' };
const UPLOAD = postFile(fakeMedia({ durationSeconds: 5, video: true }));

describe('access', () => {
  let server: TestServer;
  const start = async (options?: StartOptions) => {
    server = await startServer(options);
    return server;
  };
  afterEach(() => server.close());

  it('refuses uploads and queries from foreign origins, and answers its own', async () => {
    await start();
    const { host } = new URL(server.url);
    const upload = async (origin: string) =>
      (await server.send({ ...UPLOAD, headers: { ...UPLOAD.headers, Origin: origin } })).status;
    expect(await upload(`http://${host}`)).toBe(201);
    for (const origin of ['https://evil.example', 'http://localhost:1', 'null', 'garbage']) {
      expect([origin, await upload(origin)]).toEqual([origin, 403]);
    }
    const query = await server.send({ ...HELLO, headers: { ...JSON_TYPE, Origin: 'https://evil.example' } });
    expect(query.status).toBe(403);
    expect(query.json.errors[0].extensions.code).toBe('FORBIDDEN');
    expect(query.headers['access-control-allow-origin']).toBeUndefined();
    expect(server.clipStore.puts.filter(({ state }) => state.status === 'READY')).toHaveLength(1);
  });

  it('answers listed origins with CORS headers, preflights too', async () => {
    await start({ config: { corsOrigins: ['https://front.example/'], apiKeys: ['secret'] } });
    const origin = 'https://front.example';
    const preflight = await server.send({
      method: 'OPTIONS',
      path: '/clips',
      headers: { Origin: origin, 'Access-Control-Request-Method': 'POST' },
    });
    expect(preflight.status).toBe(204);
    expect(preflight.headers['access-control-allow-headers']).toMatch(/Authorization/);
    const answer = await server.send({
      ...HELLO,
      headers: { ...JSON_TYPE, Origin: origin, Authorization: 'Bearer secret' },
    });
    expect(answer.json).toEqual({ data: { hello: 'world' } });
    expect(answer.headers).toMatchObject({ 'access-control-allow-origin': origin, vary: 'Origin' });
  });

  it('answers to local names only while it listens on loopback', async () => {
    await start();
    const status = async (host: string) =>
      (await server.send({ ...HELLO, headers: { ...JSON_TYPE, Host: host } })).status;
    for (const host of ['localhost:4000', '127.0.0.1', '[::1]:80', 'mvr.localhost']) {
      expect([host, await status(host)]).toEqual([host, 200]);
    }
    for (const host of [
      'evil.example',
      '127.0.0.1.evil.example',
      'localhost.evil.example:4000',
      '10.0.0.1',
    ]) {
      expect([host, await status(host)]).toEqual([host, 403]);
    }
  });

  it('answers to the public name behind a proxy, and takes its origin for its own', async () => {
    await start({ config: { publicUrl: 'https://music.example/mvr' } });
    const headers = { ...UPLOAD.headers, Host: 'music.example', Origin: 'https://music.example' };
    expect((await server.send({ ...UPLOAD, headers })).status).toBe(201);
  });

  it('asks for a key where keys are in force', async () => {
    await start({ config: { apiKeys: ['first key', 'second'] } });
    const authorizations = ['', 'Bearer', 'Bearer wrong', 'Basic second', 'Bearer second2', 'second'];
    for (const authorization of authorizations) {
      const headers = { ...JSON_TYPE, ...(authorization && { Authorization: authorization }) };
      const answer = await server.send({ ...HELLO, headers });
      expect([authorization, answer.status]).toEqual([authorization, 401]);
      expect(answer.headers['www-authenticate']).toBe('Bearer');
      expect(answer.json.errors[0].extensions).toEqual({
        code: 'UNAUTHENTICATED',
        requestId: answer.headers['x-request-id'],
      });
    }
    const refused = await server.send(UPLOAD);
    expect([refused.status, refused.json.code]).toEqual([401, 'UNAUTHENTICATED']);
    expect((await server.send({ path: '/metrics' })).status).toBe(401);
    expect((await server.send({ path: '/clips/clip_1', method: 'DELETE' })).status).toBe(401);
    expect(await server.filesLeft()).toEqual([]);

    for (const key of ['first key', 'second']) {
      const headers = { ...JSON_TYPE, Authorization: `Bearer ${key}` };
      expect((await server.send({ ...HELLO, headers })).json).toEqual({ data: { hello: 'world' } });
    }
    for (const path of ['/healthz', '/readyz', '/']) {
      expect((await server.send({ path })).status).toBeLessThan(400);
    }
  });
});
