import { workerData } from 'node:worker_threads';
import { serveWorker } from '../shared/worker-server.ts';
import { createInferenceHandlers, endWorker } from './inference-handlers.ts';
import { createSession } from './onnx/runtime.ts';

const { handlers, close } = createInferenceHandlers(workerData, createSession, endWorker);
serveWorker(handlers, close);
