import { type WorkHooks, withInterruptibleWorker } from './interruptible-worker.ts';
import type { EvaluationReport } from './report.ts';
import type { ReportHandlers, ReportRequest } from './report.worker.ts';

/** `createReport` in a worker thread: it takes minutes where there are many segments. */
export function runReport(request: ReportRequest, hooks: WorkHooks = {}): Promise<EvaluationReport> {
  return withInterruptibleWorker<ReportHandlers, EvaluationReport>(
    new URL('./report.worker.ts', import.meta.url),
    {},
    (worker) => worker.call('createReport', request),
    hooks,
  );
}
