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
    expect(loadConfig({}).inference).toMatchObject({ threads: threadsOf(1), sessions: 1 });
    expect(loadConfig({ INFERENCE_SESSIONS: '2' }).inference).toMatchObject({
      threads: threadsOf(2),
      sessions: 2,
    });
    expect(loadConfig({ INFERENCE_THREADS: '5' }).inference.threads).toBe(5);
    expect(() => loadConfig({ INFERENCE_THREADS: '0' })).toThrowError(/INFERENCE_THREADS/);
  });

  it('takes the time after which a run hangs in seconds', () => {
    expect(loadConfig({}).inference.runTimeoutMs).toBe(600_000);
    expect(loadConfig({ INFERENCE_TIMEOUT_SECONDS: '5' }).inference.runTimeoutMs).toBe(5_000);
    expect(() => loadConfig({ INFERENCE_TIMEOUT_SECONDS: '0' })).toThrowError(/INFERENCE_TIMEOUT_SECONDS/);
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

  it('reports every fault at once: the setting, what was given and what is allowed', () => {
    const faultsIn = (environment: Record<string, string>) => {
      try {
        loadConfig(environment);
      } catch (error) {
        return (error as Error).message.split('\n').slice(1);
      }
    };
    const faulty = {
      PORT: '70000',
      STORE: 'paper',
      QDRANT_URL: 'localhost:6333',
      QDRANT_PREFIX: 'a/b',
      QDRANT_SHARDS: '1.5',
      QDRANT_REPLICAS: '0',
      QDRANT_HNSW_M: '1e1',
      DEVICE: 'tpu\u001b[2K',
      PUBLIC_URL: 'ftp://x',
      CORS_ORIGINS: 'https://a.example, https://b.example/path',
      LOG_LEVEL: 'loud',
    };
    expect(faultsIn(faulty)).toEqual([
      '  PORT=70000: It must be a whole number, from 0 to 65535.',
      '  STORE=paper: It must be embedded or qdrant.',
      '  QDRANT_URL=localhost:6333: It must be an address that begins with http:// or https://.',
      '  QDRANT_PREFIX=a/b: It must be 1 to 64 letters, digits, _ and -.',
      '  QDRANT_SHARDS=1.5: It must be a whole number, 1 or more.',
      '  QDRANT_REPLICAS=0: It must be a whole number, 1 or more.',
      '  QDRANT_HNSW_M=1e1: It must be a whole number, from 4 to 128.',
      '  DEVICE=tpu [2K: It must be auto, cuda, webgpu or cpu.',
      '  PUBLIC_URL=ftp://x: It must be an address that begins with http:// or https://.',
      '  CORS_ORIGINS=https://a.example, https://b.example/path: ' +
        'It must be *, or origins such as https://app.example.com with commas between them.',
      '  LOG_LEVEL=loud: It must be trace, debug, info, warn, error, fatal or silent.',
    ]);
    // What settings ask of each other is told beside other faults.
    expect(faultsIn({ PORT: '-1', STORE: 'qdrant', QDRANT_WRITE_CONSISTENCY: '2' })).toEqual([
      '  PORT=-1: It must be a whole number, from 0 to 65535.',
      '  QDRANT_URL: STORE=qdrant needs the address of the server, such as http://127.0.0.1:6333.',
      '  QDRANT_WRITE_CONSISTENCY=2: No more replicas can acknowledge a write than QDRANT_REPLICAS says there are.',
    ]);
  });

  it('shows no secret among the faults', () => {
    const secrets = {
      PORT: 'x',
      API_KEYS: ' ,',
      QDRANT_API_KEY: 'my secret',
      MODELS_TOKEN: 'my secret',
      QDRANT_URL: 'ftp://user:secret@localhost:6333',
      PUBLIC_URL: 'user:secret@localhost',
    };
    expect(() => loadConfig(secrets)).toThrowError(
      /QDRANT_API_KEY: .*QDRANT_URL: |QDRANT_URL: .*QDRANT_API_KEY: /s,
    );
    expect(() => loadConfig(secrets)).not.toThrowError(/secret/);
  });
});
