import { availableParallelism } from 'node:os';
import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config/config.ts';

describe('loadConfig', () => {
  it('has a default for everything, and treats an empty value as absent', () => {
    const config = loadConfig({ PORT: '', API_KEYS: '', PUBLIC_URL: '' });
    expect(config.http).toEqual({
      port: 4000,
      host: '127.0.0.1',
      publicUrl: null,
      corsOrigins: [],
      apiKeys: [],
    });
    expect(config.directories.bundles).toBe(`${config.directories.data}/bundles`);
  });

  it('reads lists, folders and addresses', () => {
    const config = loadConfig({
      API_KEYS: ' one, two ,',
      CORS_ORIGINS: 'https://a.example,http://localhost:3000',
      PUBLIC_URL: 'https://music.example/mvr/',
      DATA_DIR: '/var/lib/mvr',
      BUNDLE_DIR: '/bundles',
    });
    expect(config.http.apiKeys).toEqual(['one', 'two']);
    expect(config.http.corsOrigins).toEqual(['https://a.example', 'http://localhost:3000']);
    expect(config.http.publicUrl).toBe('https://music.example/mvr');
    expect(config.directories).toMatchObject({
      data: '/var/lib/mvr',
      bundles: '/bundles',
      store: '/var/lib/mvr/store',
    });
  });

  it('shares the cores between the sessions of two backbones, unless it is told', () => {
    const threadsOf = (sessions: number) => Math.max(1, Math.floor(availableParallelism() / (2 * sessions)));
    expect(loadConfig({}).inference).toEqual({ threads: threadsOf(1), sessions: 1 });
    expect(loadConfig({ INFERENCE_SESSIONS: '2' }).inference).toEqual({ threads: threadsOf(2), sessions: 2 });
    expect(loadConfig({ INFERENCE_THREADS: '5' }).inference.threads).toBe(5);
    expect(() => loadConfig({ INFERENCE_THREADS: '0' })).toThrowError(/INFERENCE_THREADS/);
  });

  it('takes a mirror of the hub, and knows the public hub by its address', () => {
    const hub = { url: 'https://huggingface.co', isMirror: false, token: null };
    expect(loadConfig({}).models).toEqual(hub);
    expect(loadConfig({ MODELS_URL: 'https://huggingface.co/' }).models).toEqual(hub);
    expect(loadConfig({ MODELS_URL: 'https://mirror:8080/hub/', MODELS_TOKEN: 't' }).models).toEqual({
      url: 'https://mirror:8080/hub',
      isMirror: true,
      token: 't',
    });
    expect(() => loadConfig({ MODELS_URL: 'mirror:8080' })).toThrowError(/MODELS_URL/);
  });

  it('takes no secret for the hub that would be shown or overheard', () => {
    const secret = { MODELS_URL: 'https://user:word@mirror' };
    expect(() => loadConfig(secret)).toThrowError(/MODELS_URL: Use MODELS_TOKEN/);
    expect(() => loadConfig(secret)).not.toThrowError(/word@/);
    const token = { MODELS_TOKEN: 't' };
    expect(() => loadConfig({ ...token, MODELS_URL: 'http://mirror' })).toThrowError(/MODELS_TOKEN: .*https/);
    for (const host of ['localhost:8080', '127.0.0.1', '[::1]:80']) {
      expect(loadConfig({ ...token, MODELS_URL: `http://${host}` }).models.token).toBe('t');
    }
    expect(loadConfig({ MODELS_URL: 'http://mirror' }).models.token).toBeNull();
    expect(() => loadConfig({ MODELS_TOKEN: 'two\nlines' })).toThrowError(/MODELS_TOKEN/);
  });

  it('takes a Qdrant server, and asks for its address', () => {
    expect(loadConfig({}).store).toEqual({ kind: 'embedded' });
    const store = { STORE: 'qdrant', QDRANT_URL: 'http://localhost:6333/', QDRANT_API_KEY: 'k' };
    expect(loadConfig(store).store).toEqual({
      kind: 'qdrant',
      url: 'http://localhost:6333',
      apiKey: 'k',
      prefix: 'control-mvr',
      layout: {
        shards: 1,
        replicas: 1,
        writeConsistency: 1,
        hnswLinks: 16,
        hnswCandidates: 100,
        quantization: 'none',
        vectorsOnDisk: false,
      },
      exactBelow: 200_000,
    });
    expect(() => loadConfig({ STORE: 'qdrant' })).toThrowError(/QDRANT_URL/);
    const beside = loadConfig({ ...store, STORE: 'embedded' });
    expect(beside).toMatchObject({ store: { kind: 'embedded' }, qdrant: loadConfig(store).store });
    expect(loadConfig({}).qdrant).toBeNull();
    expect(() => loadConfig({ ...store, QDRANT_PREFIX: 'a/b' })).toThrowError(/QDRANT_PREFIX/);
  });

  it('takes the layout of the collections on a Qdrant server', () => {
    const store = { STORE: 'qdrant', QDRANT_URL: 'http://localhost:6333' };
    const layout = {
      QDRANT_SHARDS: '6',
      QDRANT_REPLICAS: '2',
      QDRANT_WRITE_CONSISTENCY: '2',
      QDRANT_HNSW_M: '32',
      QDRANT_HNSW_EF_CONSTRUCT: '200',
      QDRANT_QUANTIZATION: 'int8',
      QDRANT_VECTORS_ON_DISK: 'true',
    };
    expect(loadConfig({ ...store, ...layout }).store).toMatchObject({
      layout: {
        shards: 6,
        replicas: 2,
        writeConsistency: 2,
        hnswLinks: 32,
        hnswCandidates: 200,
        quantization: 'int8',
        vectorsOnDisk: true,
      },
    });
    expect(() => loadConfig({ ...store, ...layout, QDRANT_REPLICAS: '1' })).toThrowError(
      /QDRANT_WRITE_CONSISTENCY/,
    );
    const faults = {
      QDRANT_HNSW_M: '0',
      QDRANT_HNSW_EF_CONSTRUCT: '1',
      QDRANT_QUANTIZATION: 'binary',
      QDRANT_VECTORS_ON_DISK: 'yes',
    };
    const everyFault = new RegExp(Object.keys(faults).join('.*'), 's');
    expect(() => loadConfig({ ...store, ...faults })).toThrowError(everyFault);
  });

  it.each([',', ' ', ' , ,'])('refuses API_KEYS of "%s": it would leave the server open', (keys) => {
    expect(() => loadConfig({ API_KEYS: keys })).toThrowError(/API_KEYS: It is set and holds no key/);
  });

  it('reports every fault at once, by name', () => {
    const environment = {
      PORT: '70000',
      DEVICE: 'tpu',
      STORE: 'paper',
      PUBLIC_URL: 'ftp://x',
      LOG_LEVEL: 'loud',
    };
    expect(() => loadConfig(environment)).toThrowError(
      /PORT[\s\S]*STORE[\s\S]*DEVICE[\s\S]*PUBLIC_URL[\s\S]*LOG_LEVEL/,
    );
  });
});
