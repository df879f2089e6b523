import { type ClientRequest, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FakeMedia, fakeMedia } from '../retrieval/clip-fakes.ts';
import { postFile, startServer, type TestServer, toMultipart } from './start-server.ts';

const WHOLE: FakeMedia = { durationSeconds: 25, audio: true, video: true };
const SLOW: FakeMedia = { durationSeconds: 100, video: true, msPerSegment: 300 };
const MEDIA = fakeMedia(WHOLE);

/** Starts a request and leaves it open. */
function openUpload(server: TestServer, headers: Record<string, string>, firstBytes: string) {
  const upload = request(`${server.url}/clips`, { method: 'POST', headers, agent: false });
  upload.on('error', () => {});
  upload.write(firstBytes);
  return upload;
}

async function until(condition: () => boolean | Promise<boolean>) {
  while (!(await condition())) await sleep(20);
}

describe('POST /clips', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(() => server.close());

  it('answers a multipart upload with the clip as GraphQL names it', async () => {
    const answer = await server.send(postFile(MEDIA));
    expect(answer.status).toBe(201);
    expect(answer.json).toEqual({
      id: expect.stringMatching(/^clip_[0-9a-f]{32}$/),
      status: 'READY',
      progress: 1,
      failure: null,
      modalities: ['MUSIC', 'VIDEO'],
      durationSeconds: 25,
      expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
    expect(await server.filesLeft()).toEqual([]);
  });

  it.each([
    ['application/octet-stream'],
    ['application/x-www-form-urlencoded'],
    ['video/mp4'],
    ['application/json'],
  ])('takes a raw body of type %s', async (type) => {
    const answer = await server.send({
      method: 'POST',
      path: '/clips',
      headers: { 'Content-Type': type },
      body: MEDIA,
    });
    expect(answer.status).toBe(201);
  });

  it.each([
    ['a newline', 'filename="a\\nb%0A.mp4"'],
    ['escaped quotes', 'filename="\\"quoted\\".mp4"'],
    ['a path', 'filename="../../../../tmp/escaped.mp4"'],
    ['RFC 5987 characters', "filename*=UTF-8''%F0%9F%8E%B5%0A.mp4"],
  ])('does not mind %s in the file name', async (_title, filename) => {
    const { headers, body } = toMultipart([{ disposition: `name="file"; ${filename}`, bytes: MEDIA }]);
    const answer = await server.send({ method: 'POST', path: '/clips', headers, body });
    expect(answer.status).toBe(201);
  });

  it('finds the file among other parts', async () => {
    const { headers, body } = toMultipart([
      { disposition: 'name="title"', bytes: 'x' },
      { disposition: 'name="other"; filename="other.mp4"', bytes: 'not media' },
      { disposition: 'name="file"; filename="clip.mp4"', bytes: MEDIA },
      { disposition: 'name="last"', bytes: 'y' },
    ]);
    expect((await server.send({ method: 'POST', path: '/clips', headers, body })).status).toBe(201);
  });

  it('answers 202 while it works, and the clip can be deleted then', async () => {
    const answer = await server.send({ ...postFile(fakeMedia(SLOW)), path: '/clips?waitSeconds=0' });
    expect(answer.status).toBe(202);
    expect(answer.json).toMatchObject({ status: 'PROCESSING', progress: expect.any(Number), modalities: [] });
    const path = `/clips/${answer.json.id}`;
    expect((await server.send({ method: 'DELETE', path })).status).toBe(204);
    const again = await server.send({ method: 'DELETE', path });
    expect([again.status, again.json.code]).toEqual([404, 'NOT_FOUND']);
    expect(await server.filesLeft()).toEqual([]);
  });

  it.each<[string, string | Buffer, number, string]>([
    ['no media', 'plain text named .mp4', 415, 'UNSUPPORTED_MEDIA'],
    ['no bytes', '', 415, 'UNSUPPORTED_MEDIA'],
    ['too many seconds', fakeMedia({ ...WHOLE, durationSeconds: 7_200 }), 422, 'TOO_LONG'],
    ['a broken file', fakeMedia({ ...WHOLE, decodeFault: 'CORRUPT_MEDIA' }), 422, 'CORRUPT_MEDIA'],
    ['too many bytes', Buffer.alloc(100_001), 413, 'TOO_LARGE'],
    ['far too many bytes', Buffer.alloc(3_000_000), 413, 'TOO_LARGE'],
  ])('refuses %s with its code, and leaves nothing', async (_title, bytes, status, code) => {
    const answer = await server.send(postFile(bytes));
    expect([answer.status, answer.json]).toEqual([
      status,
      { code, message: expect.any(String), requestId: answer.headers['x-request-id'] },
    ]);
    expect(answer.json.message).not.toMatch(/\/tmp|\/home/);
    expect(await server.filesLeft()).toEqual([]);
  });

  it('stops reading a body of unknown length at the limit', async () => {
    const upload = openUpload(server, { 'Transfer-Encoding': 'chunked' }, 'x');
    const answered = new Promise<number | undefined>((resolve) => {
      upload.on('response', (response) => resolve(response.resume().statusCode));
    });
    for (let sent = 0; sent < 300_000; sent += 10_000) upload.write(Buffer.alloc(10_000));
    expect(await answered).toBe(413);
    upload.destroy();
    expect(await server.filesLeft()).toEqual([]);
  });

  it.each([
    ['waitSeconds=31', postFile(MEDIA).headers, postFile(MEDIA).body],
    ['waitSeconds=soon', postFile(MEDIA).headers, postFile(MEDIA).body],
    ['', { 'Content-Type': 'multipart/form-data' }, Buffer.from('x')],
    ['', ...Object.values(toMultipart([{ disposition: 'name="file"', bytes: 'text' }]))],
    ['', ...Object.values(toMultipart([{ disposition: 'name="clip"; filename="a"', bytes: MEDIA }]))],
    ['', postFile(MEDIA).headers, postFile(MEDIA).body.subarray(0, -20)],
    ['', postFile(MEDIA).headers, Buffer.from('--a-boundary-of-the-tests\r\n')],
  ] as [string, Record<string, string>, Buffer][])(
    'answers 400 to a wrong request (%#)',
    async (query, headers, body) => {
      const answer = await server.send({ method: 'POST', path: `/clips?${query}`, headers, body });
      expect([answer.status, answer.json.code]).toEqual([400, 'BAD_USER_INPUT']);
      expect(await server.filesLeft()).toEqual([]);
    },
  );

  it.each([
    ['multipart', postFile('').headers, postFile(MEDIA).body.toString().slice(0, 130)],
    ['raw', { 'Content-Type': 'video/mp4', 'Content-Length': '50000' }, MEDIA],
  ])('leaves nothing of a %s upload that is cut off', async (_title, headers, firstBytes) => {
    const before = server.clipStore.puts.length;
    const upload = openUpload(server, headers as Record<string, string>, firstBytes);
    await until(async () => (await server.filesLeft()).length > 0);
    upload.destroy();
    await until(async () => (await server.filesLeft()).length === 0);
    expect(server.clipStore.puts).toHaveLength(before);
    expect((await server.send(postFile(MEDIA))).status).toBe(201);
  });

  it('deletes the clip of a caller who hangs up while it is read', async () => {
    const { headers, body } = postFile(fakeMedia(SLOW));
    const upload = openUpload(server, headers, body.toString());
    upload.end();
    const before = server.clipStore.puts.length;
    await until(() => server.clipStore.puts.length > before);
    const { id } = server.clipStore.puts[before];
    upload.destroy();
    await until(async () => (await server.clipStore.get([id]))[0] === null);
    await until(async () => (await server.filesLeft()).length === 0);
  });
});

describe('POST /clips where all places are taken', () => {
  it('answers 429 with Retry-After', async () => {
    const server = await startServer({ clips: { maxActive: 1 } });
    const first = await server.send({ ...postFile(fakeMedia(SLOW)), path: '/clips?waitSeconds=0' });
    expect(first.status).toBe(202);
    for (const second of [postFile(MEDIA), postFile(Buffer.alloc(90_000))]) {
      const answer = await server.send(second);
      expect([answer.status, answer.json.code]).toEqual([429, 'BUSY']);
      expect(Number(answer.headers['retry-after'])).toBeGreaterThanOrEqual(1);
    }
    await server.close();
  });
});

describe('POST /clips from callers who send nothing more', () => {
  let server: TestServer;
  beforeAll(async () => {
    server = await startServer({ uploadIdleMs: 300, clips: { maxActive: 1 } });
  });
  afterAll(() => server.close());

  const RAW = { 'Content-Type': 'video/mp4', 'Content-Length': '50000' };
  const MULTIPART = postFile('').headers;
  const answerOf = (upload: ClientRequest) =>
    new Promise<{ status: number | undefined; code: string }>((resolve) => {
      upload.on('response', async (response) => {
        const { code } = JSON.parse(Buffer.concat(await response.toArray()).toString());
        resolve({ status: response.statusCode, code });
      });
    });

  it.each<[string, Record<string, string>, string]>([
    ['a raw body', RAW, MEDIA],
    ['the file of a multipart body', MULTIPART, postFile(MEDIA).body.toString().slice(0, 130)],
    ['the head of a multipart body', MULTIPART, '--a-boundary'],
  ])('gives up on %s with 408, and leaves nothing', async (_title, headers, firstBytes) => {
    const answer = answerOf(openUpload(server, headers, firstBytes));
    // Who waits takes no place from others.
    if (headers === RAW) await until(async () => (await server.filesLeft()).length > 0);
    expect((await server.send(postFile(MEDIA))).status).toBe(201);
    expect(await answer).toEqual({ status: 408, code: 'REQUEST_TIMEOUT' });
    expect(await server.filesLeft()).toEqual([]);
    expect(server.clipStore.puts.filter(({ state }) => state.status === 'FAILED')).toEqual([]);
  });

  it.each([
    ['raw', RAW['Content-Type'], Buffer.from(MEDIA)],
    ['multipart', MULTIPART['Content-Type'], postFile(MEDIA).body],
  ])('waits for a %s body that comes slowly', async (_title, type, body) => {
    const upload = openUpload(server, { 'Content-Type': type }, '');
    const answer = answerOf(upload);
    const step = Math.ceil(body.length / 5);
    for (let sent = 0; sent < body.length; sent += step) {
      upload.write(body.subarray(sent, sent + step));
      await sleep(150);
    }
    upload.end();
    expect((await answer).status).toBe(201);
  });
});
