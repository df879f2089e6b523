import type { z } from 'zod';
import { IntegrityError } from '../../shared/errors.ts';
import { toPlainText } from '../../shared/plain-text.ts';

/** A JSON document of a schema. `place` names it; IntegrityError lists all its faults. */
export function parseDocument<Schema extends z.ZodType>(
  schema: Schema,
  text: string,
  place: string,
): z.infer<Schema> {
  const parsed = schema.safeParse(parseJson(text, place));
  if (parsed.success) return parsed.data;
  // A message quotes keys as they stand in the document.
  const faults = parsed.error.issues.map(({ path, message }) =>
    toPlainText(`  ${path.join('.')}: ${message}`),
  );
  throw new IntegrityError(`${place} has faults:\n${faults.join('\n')}`);
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new IntegrityError(`${place} is no JSON.`, { cause });
  }
}
