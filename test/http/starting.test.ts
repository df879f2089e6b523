import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { listen } from '../../src/http/listen.ts';
import { createStartingApp } from '../../src/http/starting.ts';

const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
};

it('while the server starts it is alive, shows its pages and is ready for nothing else', async () => {
  const webDirectory = await mkdtemp(join(tmpdir(), 'starting-'));
  const server = await listen(
    createStartingApp(webDirectory, () => ['The server is starting.']),
    { host: '127.0.0.1', port: 0 },
  );
  const statusOf = async (path: string) => (await fetch(`${server.url}${path}`)).status;
  try {
    expect(await statusOf('/playground/')).toBe(503); // not built yet
    await mkdir(join(webDirectory, 'playground'));
    await writeFile(join(webDirectory, 'playground/index.html'), '<p>It waits.</p>');
    expect(await (await fetch(server.url)).text()).toBe('<p>It waits.</p>');
    for (const path of ['/playground/', '/healthz', '/graphql']) {
      const { headers } = await fetch(`${server.url}${path}`);
      expect([path, Object.fromEntries(headers)]).toMatchObject([path, SECURITY_HEADERS]);
    }
    expect(await statusOf('/healthz')).toBe(200);
    for (const path of ['/readyz', '/graphql', '/media/a', '/clips'])
      expect([path, await statusOf(path)]).toEqual([path, 503]);
    const refused = await fetch(`${server.url}/graphql`, { method: 'POST', body: '{}' });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await refused.json()).toEqual({ status: 'not ready', reasons: ['The server is starting.'] });
  } finally {
    await server.drain(0);
    await rm(webDirectory, { recursive: true, force: true });
  }
});
