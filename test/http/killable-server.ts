/** A server to be killed: uploads and clips in the folder that is its argument. Prints its address. */
import { join } from 'node:path';
import { createEmbeddedStore } from '../../src/store/embedded/embedded-store.ts';
import { startServer } from './start-server.ts';

const directory = process.argv[2];
const store = await createEmbeddedStore({ directory: join(directory, 'store'), threads: 1 });
const server = await startServer({
  clips: { store: store.clips, directory: join(directory, 'uploads') },
  maxUploadBytes: 10_000_000,
});
await server.clips.recover();
console.log(server.url);
