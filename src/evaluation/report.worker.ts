import { workerData } from 'node:worker_threads';
import { serveWorker } from '../shared/worker-server.ts';
import { createReporter, type SharedProgress } from './interruptible-worker.ts';
import type { EvaluationSet } from './items.ts';
import { createReport, type EvaluationReport, type ReportHeader, type ReportOptions } from './report.ts';

export interface ReportRequest {
  set: EvaluationSet;
  header: ReportHeader;
  options: ReportOptions;
}

const onProgress = createReporter(workerData as SharedProgress);

const handlers = {
  createReport: ({ set, header, options }: ReportRequest): EvaluationReport =>
    createReport(set, header, options, { onProgress }),
};

export type ReportHandlers = typeof handlers;

serveWorker(handlers);
